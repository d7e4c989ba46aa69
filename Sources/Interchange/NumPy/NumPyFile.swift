import PhotozCheckedSizes

/// A file that `numpy.savez` or `numpy.savez_compressed` wrote: a zip archive of arrays.
public final class NumPyFile {
    /// What an array holds.
    public enum Kind: Sendable, Equatable {
        /// Real numbers.
        case numbers
        /// Strings.
        case texts
        /// Elements of several parts, by their names.
        case fields([String])
        /// Nothing that can be read, in a few words.
        case other(String)
    }

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

    /// Whether a file is a zip archive of arrays, and not one that `torch.save` wrote.
    ///
    /// - Throws: ``InterchangeError`` when it cannot be read, or is a damaged zip file.
    public static func isOne(_ path: String) throws -> Bool {
        let file = try InputFile(path)
        guard try ZipArchive.begins(file) else { return false }
        let names = try ZipArchive(file).entries.keys
        return names.contains { $0.hasSuffix(".npy") } && !names.contains { $0.hasSuffix("/data.pkl") }
    }

    /// Bytes of the file.
    public var size: Int { archive.file.size }

    /// What an array, or the field `array:field` of one, holds.
    ///
    /// - Returns: nil when there is none of that name.
    /// - Throws: ``InterchangeError`` when its header is damaged.
    public func kind(of name: String) throws -> Kind? {
        guard let reader = try reader(name) else { return nil }
        switch reader.type {
        case .number: return .numbers
        case .bytes, .characters: return .texts
        case .record(let fields, _): return .fields(fields.map(\.name))
        case .other(let words, _): return .other(words)
        }
    }

    /// Opens an array, or the field `array:field` of one; its rows are read in order, once.
    ///
    /// - Returns: nil when there is none of that name.
    /// - Throws: ``InterchangeError`` when it does not hold real numbers in C order.
    public func array(_ name: String) throws -> NumPyArray? {
        guard let reader = try reader(name) else { return nil }
        guard case .number(let type, let isSwapped) = reader.type else {
            throw InterchangeError(
                file: archive.file.path,
                "\(name) holds \(reader.type.description), which are not read as numbers; store such a column as float32, float64 or integers"
            )
        }
        return NumPyArray(try reader.inOrder(), type: type, isSwapped: isSwapped)
    }

    /// Opens an array of strings, or the field `array:field` of one; its rows are read in order, once.
    ///
    /// - Returns: nil when there is none of that name, or it holds no strings.
    /// - Throws: ``InterchangeError`` when it is not in C order.
    public func texts(_ name: String) throws -> NumPyTexts? {
        guard let reader = try reader(name) else { return nil }
        switch reader.type {
        case .bytes, .characters: return NumPyTexts(try reader.inOrder())
        default: return nil
        }
    }

    private func reader(_ name: String) throws -> NumPyReader? {
        if let entry = archive.entries[name + ".npy"] { return try open(entry, name) }
        // The first colon that leaves the name of an array.
        for colon in name.indices where name[colon] == ":" {
            guard let entry = archive.entries[name[..<colon] + ".npy"] else { continue }
            return try open(entry, String(name[..<colon])).field(String(name[name.index(after: colon)...]))
        }
        return nil
    }

    private func open(_ entry: ZipArchive.Entry, _ name: String) throws -> NumPyReader {
        try NumPyReader(EntryStream(entry, of: archive), size: entry.size, name: name, path: archive.file.path)
    }
}

/// The elements of an array, or of one field of a structured one, in the order of the file.
struct NumPyReader {
    private(set) var type: NumPyType
    /// Sizes, with those of an array in each element behind those of the array itself.
    private(set) var shape: [Int]
    private(set) var name: String
    let path: String
    private let isFortranOrdered: Bool
    private let stream: EntryStream
    /// Bytes of a stored element, and where in it the part that is read begins.
    private let stride: Int
    private var offset = 0
    /// Bytes of that part.
    private var width: Int

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
        guard let length = try take(lengthSize).littleEndian(at: 0, count: lengthSize), length <= 1 << 20,
            let header = NumPyHeader(String(decoding: try take(length), as: UTF8.self))
        else { throw damage() }
        guard header.type != .other("Python objects", size: 0) else {
            throw InterchangeError(
                file: path,
                "\(name) holds Python objects, which are pickled and not read; store numbers: numpy.array(\(name), dtype=float)"
            )
        }
        let left = size - 8 - lengthSize - length
        guard CheckedSize.product(header.shape + [header.type.size]) == left else { throw damage() }
        self.stream = stream
        self.name = name
        self.path = path
        (type, shape, isFortranOrdered) = (header.type, header.shape, header.isFortranOrdered)
        (stride, width) = (type.size, type.size)
    }

    /// The same for one field of a structured array; nil when it has none of that name.
    func field(_ wanted: String) -> NumPyReader? {
        guard case .record(let fields, _) = type, let field = fields.first(where: { $0.name == wanted }),
            let width = CheckedSize.product(field.shape + [field.type.size]), shape.count + field.shape.count <= 16,
            CheckedSize.product(shape + field.shape + [field.type.size]) != nil
        else { return nil }
        var reader = self
        reader.name += ":" + wanted
        (reader.type, reader.offset, reader.width) = (field.type, field.offset, width)
        reader.shape += field.shape
        return reader
    }

    /// - Throws: ``InterchangeError`` for the other order, in which rows do not follow each other.
    func inOrder() throws -> NumPyReader {
        guard !isFortranOrdered else {
            throw InterchangeError(
                file: path, "\(name) is in Fortran order; store it in C order, with numpy.ascontiguousarray(\(name))")
        }
        return self
    }

    /// Fills a buffer with the next elements.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws {
        guard width != stride, buffer.count > 0 else { return try stream.read(into: buffer) }
        let count = buffer.count / width
        let together = min(count, max(1, (1 << 20) / stride))
        let records = UnsafeMutableRawBufferPointer.allocate(byteCount: together * stride, alignment: 8)
        defer { records.deallocate() }
        for first in Swift.stride(from: 0, to: count, by: together) {
            let part = UnsafeMutableRawBufferPointer(rebasing: records[..<(min(together, count - first) * stride)])
            try stream.read(into: part)
            for index in 0..<part.count / stride {
                buffer[(first + index) * width..<(first + index + 1) * width].copyBytes(
                    from: part[index * stride + offset..<index * stride + offset + width])
            }
        }
    }
}
