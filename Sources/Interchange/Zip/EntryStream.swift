import CPhotozZlib

/// An entry of a zip archive, read from its beginning to its end, unpacked as it goes and compared with its checksum.
final class EntryStream {
    private let archive: ZipArchive
    private let entry: ZipArchive.Entry
    /// The next packed byte in the file, and those that are left.
    private var place: Int
    private var left: Int
    private var unread: Int
    private var checksum = crc32(0, nil, 0)
    /// zlib's state, which must not move in memory.
    private let inflater: UnsafeMutablePointer<z_stream>?
    private var packed: [UInt8] = []

    init(_ entry: ZipArchive.Entry, of archive: ZipArchive) throws {
        self.archive = archive
        self.entry = entry
        place = try archive.start(of: entry)
        left = entry.packedSize
        unread = entry.size
        guard entry.isDeflated else {
            inflater = nil
            return
        }
        let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        state.initialize(to: z_stream())
        inflater = state
        // Negative: without zlib's own header, as zip files are packed.
        guard inflateInit2_(state, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw archive.damage("\(entry.name) cannot be unpacked")
        }
    }

    deinit {
        guard let inflater else { return }
        inflateEnd(inflater)
        inflater.deallocate()
    }

    /// Fills the buffer with the next bytes; with the last of the entry its checksum is compared.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws {
        guard buffer.count <= unread else { throw archive.damage("\(entry.name) ends early") }
        if let inflater {
            try unpack(inflater, into: buffer)
        } else {
            try archive.file.read(at: place, into: buffer)
            place += buffer.count
        }
        unread -= buffer.count
        for start in stride(from: 0, to: buffer.count, by: 1 << 30) {
            let part = buffer[start..<min(start + 1 << 30, buffer.count)]
            checksum = crc32(
                checksum, buffer.baseAddress!.assumingMemoryBound(to: UInt8.self) + start, UInt32(part.count))
        }
        guard unread > 0 || checksum == entry.checksum else { throw archive.wrongChecksum(entry) }
    }

    private func unpack(_ inflater: UnsafeMutablePointer<z_stream>, into buffer: UnsafeMutableRawBufferPointer) throws {
        var done = 0
        while done < buffer.count {
            if inflater.pointee.avail_in == 0 { try refill() }
            let room = min(buffer.count - done, 1 << 30)
            let consumed = packed.count - Int(inflater.pointee.avail_in)
            let status = packed.withUnsafeMutableBufferPointer { input in
                inflater.pointee.next_in = input.baseAddress.map { $0 + consumed }
                inflater.pointee.next_out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self) + done
                inflater.pointee.avail_out = UInt32(room)
                return inflate(inflater, Z_NO_FLUSH)
            }
            let made = room - Int(inflater.pointee.avail_out)
            done += made
            guard status == Z_OK || status == Z_STREAM_END, made > 0 || status == Z_OK else {
                throw archive.damage("\(entry.name) cannot be unpacked")
            }
            guard status == Z_OK || done == buffer.count else { throw archive.damage("\(entry.name) ends early") }
        }
    }

    private func refill() throws {
        guard left > 0 else { throw archive.damage("\(entry.name) ends early") }
        packed = try archive.file.bytes(at: place, count: min(left, 1 << 18))
        place += packed.count
        left -= packed.count
        inflater?.pointee.avail_in = UInt32(packed.count)
    }
}
