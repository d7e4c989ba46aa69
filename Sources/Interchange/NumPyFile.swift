/// A file that `numpy.savez` or `numpy.savez_compressed` wrote: a zip archive of arrays.
public final class NumPyFile {
    /// The names of the arrays, sorted.
    public let names: [String]
    private let archive: ZipArchive

    /// - Throws: ``InterchangeError`` when the file cannot be read or is no such archive.
    public init(_ path: String) throws {
        let file = try InputFile(path)
        guard try ZipArchive.begins(file) else {
            throw InterchangeError(file: path, "is no .npz file, which is a zip archive of arrays")
        }
        archive = try ZipArchive(file)
        names = archive.entries.keys.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }.sorted()
        guard !names.isEmpty else { throw InterchangeError(file: path, "is a zip file without arrays (*.npy)") }
    }

    /// Opens an array; its rows are read in order, once.
    ///
    /// - Returns: nil when there is none of that name.
    /// - Throws: ``InterchangeError`` when it does not hold plain numbers in C order.
    public func array(_ name: String) throws -> NumPyArray? {
        guard let entry = archive.entries[name + ".npy"] else { return nil }
        return try NumPyArray(EntryStream(entry, of: archive), size: entry.size, name: name, path: archive.file.path)
    }
}

/// An array of an `.npz` file.
public final class NumPyArray: NumberArray {
    /// Sizes; empty for a scalar.
    public let shape: [Int]
    /// How numbers are stored.
    public let type: NumberType
    private let isSwapped: Bool
    private let stream: EntryStream
    private let name: String
    private let path: String
    private var nextRow = 0

    /// Rows of some megabytes.
    public var preferredRows: Int { max(1, (4 << 20) / max(bytesPerRow, 1)) }

    /// Source: NumPy, `numpy.lib.format`, versions 1.0 to 3.0.
    init(_ stream: EntryStream, size: Int, name: String, path: String) throws {
        func damage() -> InterchangeError {
            InterchangeError(file: path, "\(name) has a damaged header; copy the file again")
        }
        func take(_ count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            try bytes.withUnsafeMutableBytes { try stream.read(into: $0) }
            return bytes
        }
        let magic = try take(8)
        guard magic.starts(with: [0x93] + Array("NUMPY".utf8)), (1...3).contains(magic[6]) else { throw damage() }
        let lengthSize = magic[6] == 1 ? 2 : 4
        guard let length = try take(lengthSize).littleEndian(at: 0, count: lengthSize), length <= 1 << 16 else {
            throw damage()
        }
        let header = NumPyHeader(String(decoding: try take(length), as: UTF8.self))
        guard let header else {
            throw InterchangeError(
                file: path,
                "\(name) does not hold plain numbers in C order; store each column as an array of its own, with numpy.ascontiguousarray"
            )
        }
        var count = header.type.storedSize
        for dimension in header.shape {
            let (product, overflows) = count.multipliedReportingOverflow(by: dimension)
            guard !overflows else { throw damage() }
            count = product
        }
        guard count == size - 8 - lengthSize - length else { throw damage() }
        self.stream = stream
        self.name = name
        self.path = path
        shape = header.shape
        type = header.type
        isSwapped = header.isBigEndian
    }

    /// Reads rows as ``NumberArray`` says.
    public func read(rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
        precondition(rows.lowerBound == nextRow && buffer.count == rows.count * bytesPerRow, "rows are read in order")
        nextRow = rows.upperBound
        try stream.read(into: buffer)
        if isSwapped { swapBytes(buffer, size: type.storedSize) }
    }
}

/// The header of an array: a Python dictionary such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
private struct NumPyHeader {
    let type: NumberType
    let isBigEndian: Bool
    let shape: [Int]

    /// - Returns: nil when it describes no plain numbers in C order.
    init?(_ text: String) {
        guard let code = Self.value(of: "descr", in: text)?.split(separator: "'").first,
            let type = NumberType(numpy: code.drop { "<>|=".contains($0) }),
            let order = Self.value(of: "fortran_order", in: text),
            let after = Self.value(of: "shape", in: text), after.hasPrefix("("), let end = after.firstIndex(of: ")")
        else { return nil }
        let sizes = after[..<end].dropFirst().split(separator: ",").map { $0.filter { $0 != " " } }.filter {
            !$0.isEmpty
        }
        let shape = sizes.compactMap { Int($0) }
        guard shape.count == sizes.count, shape.count <= 16, shape.allSatisfy({ $0 >= 0 }),
            order.hasPrefix("False") || shape.count <= 1
        else { return nil }
        self.type = type
        self.shape = shape
        isBigEndian = code.hasPrefix(">")
    }

    /// What follows a key.
    private static func value(of key: String, in text: String) -> Substring? {
        let pattern = "'\(key)':"
        var rest = text[...]
        while !rest.isEmpty {
            if rest.hasPrefix(pattern) { return rest.dropFirst(pattern.count).drop { $0 == " " } }
            rest = rest.dropFirst()
        }
        return nil
    }
}
