import Glibc

/// Finds the whole records of a journal, from its beginning to its end, and holds no more of it in memory than some
/// megabytes.
package struct JournalScanner {
    private let columns: Int?
    private let total: Int
    private let window: FileWindow
    private var place = Journal.start

    /// - Parameters:
    ///   - columns: Numbers of a galaxy; nil for any.
    ///   - total: Galaxies of the data set.
    ///   - read: Reads bytes at a place of the file, as many as it likes; 0 at the end.
    package init(
        columns: Int?, total: Int, read: @escaping (_ place: Int, _ into: UnsafeMutableRawBufferPointer) throws -> Int
    ) {
        self.columns = columns
        self.total = total
        window = FileWindow(capacity: 4 * Journal.largestBody, read: read)
    }

    /// The next whole record, and where it begins; nil when there is none. What is torn or damaged is passed over.
    ///
    /// - Throws: What reading throws.
    package mutating func next() throws -> (head: Journal.Head, place: Int)? {
        while true {
            if let head = try wholeRecord(at: place) {
                defer { place += head.recordSize }
                return (head, place)
            }
            guard let marker = try marker(from: place + 1) else { return nil }
            place = marker
        }
    }

    private func wholeRecord(at place: Int) throws -> Journal.Head? {
        let start = try window.bytes(at: place, count: Journal.Head.size)
        guard let head = Journal.Head(start, columns: columns, total: total) else { return nil }
        let record = try window.bytes(at: place, count: head.recordSize)
        guard record.count == head.recordSize,
            head.isHead(of: UnsafeRawBufferPointer(rebasing: record[Journal.Head.size...]))
        else { return nil }
        return head
    }

    /// Where the next marker stands, from a place on; nil when there is none.
    private func marker(from first: Int) throws -> Int? {
        var place = first
        while true {
            let bytes = try window.bytes(at: place, count: 1 << 16)
            guard bytes.count >= Journal.marker.count else { return nil }
            if let found = Self.marker(in: bytes) { return place + found }
            place += bytes.count - Journal.marker.count + 1
        }
    }

    private static func marker(in bytes: UnsafeRawBufferPointer) -> Int? {
        var rest = bytes
        while let start = rest.baseAddress, let found = memchr(start, Int32(Journal.marker[0]), rest.count) {
            rest = UnsafeRawBufferPointer(rebasing: rest[(UnsafeRawPointer(found) - start)...])
            if rest.starts(with: Journal.marker) { return bytes.count - rest.count }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        }
        return nil
    }
}

/// A part of a file in memory, which moves on as more is wanted.
private final class FileWindow {
    private let room: UnsafeMutableRawBufferPointer
    private let read: (Int, UnsafeMutableRawBufferPointer) throws -> Int
    /// What part of the file is there.
    private var start = 0
    private var count = 0

    /// - Parameters:
    ///   - capacity: Bytes that are never exceeded.
    ///   - read: Reads bytes at a place; 0 at the end.
    init(capacity: Int, read: @escaping (Int, UnsafeMutableRawBufferPointer) throws -> Int) {
        room = .allocate(byteCount: capacity, alignment: 16)
        self.read = read
    }

    deinit { room.deallocate() }

    /// Bytes of the file, fewer where it ends before; they stay until the next call.
    func bytes(at place: Int, count wanted: Int) throws -> UnsafeRawBufferPointer {
        if place < start || place > start + count { (start, count) = (place, 0) }
        if place + wanted > start + count {
            let kept = UnsafeRawBufferPointer(rebasing: room[place - start..<count])
            UnsafeMutableRawBufferPointer(rebasing: room[..<kept.count]).copyMemory(from: kept)
            (start, count) = (place, kept.count)
            while count < wanted {
                let got = try read(start + count, UnsafeMutableRawBufferPointer(rebasing: room[count...]))
                guard got > 0 else { break }
                count += got
            }
        }
        let first = place - start
        return UnsafeRawBufferPointer(rebasing: room[first..<min(first + wanted, count)])
    }
}
