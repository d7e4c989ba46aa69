import CPhotozZlib
import PhotozCheckedSizes

/// The directory of a zip file. Only what PyTorch and NumPy write: one volume, entries stored or deflated, not
/// encrypted.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
final class ZipArchive {
    /// A file of the archive.
    struct Entry: Sendable {
        let name: String
        /// Bytes in the archive and as they are unpacked.
        let packedSize: Int
        let size: Int
        let isDeflated: Bool
        let checksum: UInt32
        /// The place of the entry's own header.
        let header: Int
    }

    let file: InputFile
    private(set) var entries: [String: Entry] = [:]

    /// Whether a file begins as zip files do.
    static func begins(_ file: InputFile) throws -> Bool {
        try file.size >= 4 && file.bytes(at: 0, count: 4) == [0x50, 0x4b, 3, 4]
    }

    init(_ file: InputFile) throws {
        self.file = file
        let (place, size, count) = try directory()
        // Some hundred bytes an entry: more than this is no directory of arrays and tensors.
        guard size <= 1 << 28 else { throw damage("its directory claims to have \(size) bytes") }
        let bytes = try file.bytes(at: place, count: size)
        var start = 0
        for _ in 0..<count {
            let entry = try entry(bytes, &start)
            guard entries.updateValue(entry, forKey: entry.name) == nil else {
                throw damage("it has two entries \(entry.name), and which of them counts depends on who reads it")
            }
        }
    }

    func damage(_ what: String) -> InterchangeError {
        InterchangeError(file: file.path, "is a damaged zip file: \(what); copy it again")
    }

    /// The place of the directory, its bytes and its entries.
    private func directory() throws -> (place: Int, size: Int, count: Int) {
        // The end record stands at the end, before a comment of at most 65 535 bytes.
        let tail = min(file.size, 22 + 65_535)
        let start = file.size - tail
        let bytes = try file.bytes(at: start, count: tail)
        guard
            let end = stride(from: tail - 22, through: 0, by: -1).first(where: {
                bytes.littleEndian(at: $0, count: 4) == 0x0605_4b50
            }),
            let count = bytes.littleEndian(at: end + 10, count: 2),
            let size = bytes.littleEndian(at: end + 12, count: 4),
            let place = bytes.littleEndian(at: end + 16, count: 4)
        else { throw damage("it has no directory, as when a copy stopped early") }
        guard count == 0xffff || size == 0xffff_ffff || place == 0xffff_ffff else { return (place, size, count) }
        return try largeDirectory(endRecord: start + end)
    }

    /// The same of a zip64 file, which PyTorch writes above 4 GB.
    private func largeDirectory(endRecord: Int) throws -> (place: Int, size: Int, count: Int) {
        let locator = try file.bytes(at: endRecord - 20, count: 20)
        guard locator.littleEndian(at: 0, count: 4) == 0x0706_4b50, let place = locator.littleEndian(at: 8, count: 8)
        else {
            throw damage("its zip64 directory is missing")
        }
        let record = try file.bytes(at: place, count: 56)
        guard record.littleEndian(at: 0, count: 4) == 0x0606_4b50, let count = record.littleEndian(at: 32, count: 8),
            let size = record.littleEndian(at: 40, count: 8), let start = record.littleEndian(at: 48, count: 8)
        else { throw damage("its zip64 directory is no directory") }
        return (start, size, count)
    }

    /// The directory's entry at `start`, which moves to the next.
    private func entry(_ bytes: [UInt8], _ start: inout Int) throws -> Entry {
        func field(_ offset: Int, _ count: Int) throws -> Int {
            guard let value = bytes.littleEndian(at: start + offset, count: count) else {
                throw damage("its directory ends early")
            }
            return value
        }
        guard try field(0, 4) == 0x0201_4b50 else { throw damage("its directory holds something else") }
        let (flags, method, checksum) = (try field(8, 2), try field(10, 2), try field(16, 4))
        var (packed, size, header) = (try field(20, 4), try field(24, 4), try field(42, 4))
        let (nameLength, extraLength, commentLength) = (try field(28, 2), try field(30, 2), try field(32, 2))
        let (nameStart, extraStart) = (start + 46, start + 46 + nameLength)
        guard extraStart + extraLength <= bytes.count else { throw damage("its directory ends early") }
        let name = String(decoding: bytes[nameStart..<extraStart], as: UTF8.self)
        let extra = bytes[extraStart..<extraStart + extraLength]
        try widen(&size, &packed, &header, from: extra)
        start = extraStart + extraLength + commentLength
        guard flags & 1 == 0, method == 0 || method == 8 else {
            throw InterchangeError(
                file: file.path,
                "\(name) is encrypted or packed by method \(method); unpack the file and store it again")
        }
        guard CheckedSize.fits(packed, from: header, in: file.size), method == 8 || packed == size else {
            throw damage("\(name) lies beyond the end, as when a copy stopped early")
        }
        // Deflate makes at most 1032 bytes of one.
        guard let most = CheckedSize.product(packed, 1032), method == 0 || size <= most else {
            throw damage("\(name) claims to have \(size) bytes, more than can be packed into \(packed)")
        }
        return Entry(
            name: name, packedSize: packed, size: size, isDeflated: method == 8, checksum: UInt32(checksum),
            header: header)
    }

    /// Sizes that do not fit 32 bits stand in the zip64 extra field.
    private func widen(
        _ size: inout Int, _ packed: inout Int, _ header: inout Int, from extra: ArraySlice<UInt8>
    ) throws {
        var place = extra.startIndex
        while let tag = extra.littleEndian(at: place, count: 2),
            let length = extra.littleEndian(at: place + 2, count: 2)
        {
            defer { place += 4 + length }
            guard tag == 1 else { continue }
            var next = place + 4
            func take(_ value: inout Int) throws {
                guard value == 0xffff_ffff else { return }
                guard let wide = extra.littleEndian(at: next, count: 8) else { throw damage("a zip64 size is missing") }
                value = wide
                next += 8
            }
            try take(&size)
            try take(&packed)
            try take(&header)
        }
    }

    /// Where the bytes of an entry begin.
    func start(of entry: Entry) throws -> Int {
        let header = try file.bytes(at: entry.header, count: 30)
        guard header.littleEndian(at: 0, count: 4) == 0x0403_4b50, let name = header.littleEndian(at: 26, count: 2),
            let extra = header.littleEndian(at: 28, count: 2)
        else { throw damage("\(entry.name) has no header") }
        let start = entry.header + 30 + name + extra
        guard CheckedSize.fits(entry.packedSize, from: start, in: file.size) else {
            throw damage("\(entry.name) lies beyond the end, as when a copy stopped early")
        }
        return start
    }

    /// Compares a stored entry with its checksum.
    ///
    /// - Returns: Where its bytes begin.
    func verify(_ entry: Entry) throws -> Int {
        let start = try start(of: entry)
        // PyTorch can be told not to compute checksums, and then writes zero.
        guard entry.checksum != 0 else { return start }
        let block = 1 << 18
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(block, max(entry.size, 1)), alignment: 64)
        defer { buffer.deallocate() }
        var checksum = crc32(0, nil, 0)
        for first in stride(from: 0, to: entry.size, by: block) {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(block, entry.size - first)])
            try file.read(at: start + first, into: part)
            checksum = crc32(checksum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(part.count))
        }
        guard checksum == entry.checksum else { throw wrongChecksum(entry) }
        return start
    }

    func wrongChecksum(_ entry: Entry) -> InterchangeError { damage("\(entry.name) does not match its checksum") }
}
