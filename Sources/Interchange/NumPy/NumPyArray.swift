import PhotozCheckedSizes

/// An array of numbers of an `.npz` file.
public final class NumPyArray: NumberArray {
    /// Sizes; empty for a scalar.
    public var shape: [Int] { reader.shape }
    /// How numbers are stored.
    public let type: NumberType
    private let isSwapped: Bool
    private let reader: NumPyReader
    private var nextRow = 0

    /// Rows of some megabytes.
    public var preferredRows: Int { max(1, (4 << 20) / max(bytesPerRow, 1)) }

    init(_ reader: NumPyReader, type: NumberType, isSwapped: Bool) {
        self.reader = reader
        self.type = type
        self.isSwapped = isSwapped
    }

    /// Reads rows as ``NumberArray`` says.
    public func read(rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
        precondition(rows.lowerBound == nextRow && buffer.count == rows.count * bytesPerRow, "rows are read in order")
        nextRow = rows.upperBound
        try reader.read(into: buffer)
        if isSwapped { swapBytes(buffer, size: type.storedSize) }
    }
}

/// An array of strings of an `.npz` file.
public final class NumPyTexts {
    /// Sizes; empty for a single string.
    public var shape: [Int] { reader.shape }
    /// Strings that are best read together.
    public var preferredCount: Int { max(1, (1 << 20) / max(reader.type.size, 1)) }
    private let reader: NumPyReader
    private var nextRow = 0

    init(_ reader: NumPyReader) { self.reader = reader }

    /// Reads the next strings.
    ///
    /// - Parameter count: How many; no more than are left.
    /// - Throws: ``InterchangeError`` when the file is damaged, and for strings that are not UTF-8 or have a zero
    ///   character inside: they would not come out as they went in.
    public func read(_ count: Int) throws -> [String] {
        let width = reader.type.size
        var bytes = [UInt8](repeating: 0, count: count * width)
        try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
        defer { nextRow += count }
        return try (0..<count).map { index in
            let part = bytes[index * width..<(index + 1) * width]
            guard let text = text(part), !text.utf8.contains(0) else {
                throw InterchangeError(
                    file: reader.path,
                    "\(reader.name): element \(nextRow + index) is no text that can be stored (not UTF-8, or a zero character inside)"
                )
            }
            return text
        }
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard case .characters(let count, let isSwapped) = reader.type else {
            let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? bytes.startIndex
            return String(validating: bytes[..<end], as: UTF8.self)
        }
        var scalars = (0..<count).map { index in
            let place = bytes.startIndex + 4 * index
            let value = UInt32(truncatingIfNeeded: bytes.littleEndian(at: place, count: 4) ?? 0)
            return isSwapped ? value.byteSwapped : value
        }
        while scalars.last == 0 { scalars.removeLast() }
        return String(validating: scalars, as: UTF32.self)
    }
}
