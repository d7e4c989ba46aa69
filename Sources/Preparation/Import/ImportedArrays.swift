import HDF5
import Interchange

extension File {
    /// Copies an array, some rows at a time, as it is stored.
    ///
    /// - Parameter bandsFirst: Whether [N, y, x, band] becomes [N, band, y, x].
    /// - Throws: `InterchangeError` when it cannot be read, `HDF5Error` when it cannot be written.
    func copy(_ array: any NumberArray, to name: String, shape: [Int]? = nil, bandsFirst: Bool = false) throws {
        let old = array.shape
        let turned = bandsFirst ? [old[0], old[3], old[1], old[2]] : shape ?? old
        let dataset = try createDataset(name, storedAs: array.type.elementType, shape: turned)
        let step = min(array.preferredRows, max(array.rowCount, 1))
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: step * array.bytesPerRow, alignment: 64)
        let second = UnsafeMutableRawBufferPointer.allocate(byteCount: bandsFirst ? room.count : 0, alignment: 64)
        defer {
            room.deallocate()
            second.deallocate()
        }
        // Rows without numbers are not gone through one by one: there can be more of them than anybody can count.
        for first in stride(from: 0, to: array.bytesPerRow > 0 ? array.rowCount : 0, by: step) {
            let rows = first..<min(first + step, array.rowCount)
            let count = rows.count * array.bytesPerRow
            let part = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
            try array.read(rows: rows, into: part)
            if bandsFirst {
                let target = UnsafeMutableRawBufferPointer(rebasing: second[..<count])
                separateBands(part, into: target, bands: old[3], size: array.type.size, row: array.bytesPerRow)
                try dataset.write(rows: rows, stored: UnsafeRawBufferPointer(target))
            } else {
                try dataset.write(rows: rows, stored: UnsafeRawBufferPointer(part))
            }
        }
    }
}

extension File {
    /// Copies strings, some at a time.
    ///
    /// - Throws: `InterchangeError` when they cannot be read or stored as they are, `HDF5Error` when they cannot be
    ///   written.
    func copy(_ texts: NumPyTexts, _ count: Int, to name: String) throws {
        let dataset = try createStringDataset(name, shape: [count])
        for first in stride(from: 0, to: count, by: texts.preferredCount) {
            let rows = first..<min(first + texts.preferredCount, count)
            try dataset.write(rows: rows, strings: try texts.read(rows.count))
        }
    }
}

/// [N, y, x, band] to [N, band, y, x], for numbers of any size.
private func separateBands(
    _ source: UnsafeMutableRawBufferPointer, into target: UnsafeMutableRawBufferPointer, bands: Int, size: Int, row: Int
) {
    let pixels = row / (bands * size)
    for start in stride(from: 0, to: source.count, by: row) {
        for band in 0..<bands {
            for pixel in 0..<pixels {
                let (from, to) = (start + (pixel * bands + band) * size, start + (band * pixels + pixel) * size)
                for byte in 0..<size { target[to + byte] = source[from + byte] }
            }
        }
    }
}

extension NumberType {
    /// What HDF5 stores such numbers as.
    var elementType: ElementType {
        switch self {
        case .float(let bits): .float(bits: bits)
        case .bfloat16: .float(bits: 32)
        case .integer(let bits, let signed): .integer(bits: bits, signed: signed)
        }
    }
}
