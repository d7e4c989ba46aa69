import Interchange

/// Reads all numbers of an array, as many rows at a time as it prefers, as imports do.
///
/// - Throws: What reading throws.
public func readAll(_ array: any NumberArray) throws {
    let step = min(array.preferredRows, max(array.rowCount, 1))
    for first in stride(from: 0, to: array.rowCount, by: step) {
        let rows = first..<min(first + step, array.rowCount)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: rows.count * array.bytesPerRow, alignment: 8)
        defer { buffer.deallocate() }
        try array.read(rows: rows, into: buffer)
    }
}

/// Reads all that a file of PyTorch holds.
///
/// - Throws: What reading throws.
public func readTorchFile(_ path: String) throws {
    let file = try TorchFile(path)
    for place in try file.places() {
        for name in place.names {
            // Views can show a few numbers any number of times: who reads them looks at their size first.
            guard let tensor = try file.tensor(name, of: place), tensor.rowCount <= 1 << 20,
                tensor.bytesPerRow <= (1 << 24) / max(tensor.rowCount, 1)
            else { continue }
            try readAll(tensor)
        }
    }
}

/// Reads all that a file of NumPy holds.
///
/// - Throws: What reading throws.
public func readNumPyFile(_ path: String) throws {
    let file = try NumPyFile(path)
    for name in file.names {
        switch try file.kind(of: name) {
        case .texts:
            guard let texts = try file.texts(name),
                texts.shape.reduce(1, { $0.multipliedReportingOverflow(by: $1).partialValue }) > 0
            else { continue }
            _ = try texts.read(1)
        case .fields(let fields): for field in fields { try? file.array(name + ":" + field).map(readAll) }
        default: try file.array(name).map(readAll)
        }
    }
}

/// Runs a reader, which may refuse its input with words and in no other way.
public func expectRefusalOrSuccess(_ body: () throws -> Void) {
    do { try body() } catch let error as InterchangeError {
        precondition(!error.description.isEmpty)
    } catch {
        fatalError("not an error of the reader: \(error)")
    }
}
