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
    switch try TorchFile(path).content() {
    case .dataSet(let tensors): try tensors.forEach(readAll)
    case .model(let model): try model.tensors.map(\.tensor).forEach(readAll)
    }
}

/// Reads all that a file of NumPy holds.
///
/// - Throws: What reading throws.
public func readNumPyFile(_ path: String) throws {
    let file = try NumPyFile(path)
    for name in file.names { try file.array(name).map(readAll) }
}

/// Runs a reader, which may refuse its input with words and in no other way.
public func expectRefusalOrSuccess(_ body: () throws -> Void) {
    do { try body() } catch let error as InterchangeError {
        precondition(!error.description.isEmpty)
    } catch {
        fatalError("not an error of the reader: \(error)")
    }
}
