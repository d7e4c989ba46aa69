import PhotozMachine
import PhotozRecords
import Survey

/// What an attempt notes of the partitions, as it stands in a file.
///
/// The file: the bytes `photozS1`; the attempt that it says the changes since, 0 where it names all partitions (Int64);
/// partitions of the data set, entries (Int64); the entries; CRC-32 of all this (UInt32). An entry: the partition's
/// place, the file's bytes, seconds (Int64), nanoseconds, whether it leads to others (Int32) and the sum over those
/// (UInt64).
struct StampRecord {
    /// What the names of these files begin with; the attempt follows.
    static let prefix = "stamps-"
    private static let magic = Array("photozS1".utf8)
    private static let headSize = 32
    private static let entrySize = 40

    /// The attempt before, which it says the changes since; 0 where it is whole.
    let base: Int
    /// Partitions of the data set.
    let total: Int
    /// Partitions by their places, in order.
    let entries: [(place: Int, stamp: FileStamp)]

    /// Whether it names all partitions.
    var isWhole: Bool { base == 0 }

    /// All partitions.
    init(whole stamps: [FileStamp]) {
        base = 0
        total = stamps.count
        entries = stamps.enumerated().map { (place: $0.offset, stamp: $0.element) }
    }

    /// Those that have changed since an attempt.
    init(changes: [(place: Int, stamp: FileStamp)], since attempt: Int, total: Int) {
        base = attempt
        self.total = total
        entries = changes
    }

    /// Reads what an attempt noted; nil when it is not there, or not as it was written.
    init?(of attempt: Int, in folder: String) {
        guard let bytes = try? contents(ofFile: Self.path(of: attempt, in: folder), limit: 1 << 36) else { return nil }
        self.init(bytes)
    }

    private init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.headSize + 4, bytes.starts(with: Self.magic) else { return nil }
        let read: StampRecord? = bytes.withUnsafeBytes { bytes in
            func number(_ place: Int) -> Int { Int(bytes.loadUnaligned(fromByteOffset: place, as: Int64.self)) }
            let (base, total, count) = (number(8), number(16), number(24))
            let size = bytes.count - 4
            guard count >= 0, count <= total, (size - Self.headSize) / Self.entrySize == count,
                (size - Self.headSize) % Self.entrySize == 0, base > 0 || base == 0 && count == total,
                checksum(UnsafeRawBufferPointer(rebasing: bytes[..<size]))
                    == bytes.loadUnaligned(fromByteOffset: size, as: UInt32.self)
            else { return nil }
            let entries = (0..<count).map { entry -> (place: Int, stamp: FileStamp) in
                let start = Self.headSize + entry * Self.entrySize
                let nanoseconds = bytes.loadUnaligned(fromByteOffset: start + 24, as: Int32.self)
                let isLinked = bytes.loadUnaligned(fromByteOffset: start + 28, as: Int32.self) != 0
                let linked = bytes.loadUnaligned(fromByteOffset: start + 32, as: UInt64.self)
                return (
                    number(start),
                    FileStamp(
                        bytes: number(start + 8), seconds: number(start + 16), nanoseconds: Int(nanoseconds),
                        linked: isLinked ? linked : nil)
                )
            }
            guard Self.areInOrder(entries, total) else { return nil }
            return StampRecord(base: base, total: total, entries: entries)
        }
        guard let read else { return nil }
        self = read
    }

    private init(base: Int, total: Int, entries: [(place: Int, stamp: FileStamp)]) {
        (self.base, self.total, self.entries) = (base, total, entries)
    }

    /// Whether the places are within the data set, each once and in order; of all partitions there is then none
    /// missing.
    private static func areInOrder(_ entries: [(place: Int, stamp: FileStamp)], _ total: Int) -> Bool {
        var last = -1
        for entry in entries {
            guard entry.place > last, entry.place < total else { return false }
            last = entry.place
        }
        return true
    }

    /// Writes it as that of an attempt.
    ///
    /// - Throws: ``JobError`` with code 74.
    func write(of attempt: Int, in folder: String) throws {
        try writeWhole(Self.path(of: attempt, in: folder)) { try writeFile(bytes, $0) }
    }

    private static func path(of attempt: Int, in folder: String) -> String { "\(folder)/\(prefix)\(attempt)" }

    private var bytes: [UInt8] {
        let size = Self.headSize + entries.count * Self.entrySize
        return [UInt8](unsafeUninitializedCapacity: size + 4) { room, count in
            let bytes = UnsafeMutableRawBufferPointer(room)
            bytes.copyBytes(from: Self.magic)
            func put(_ number: Int, at place: Int) {
                bytes.storeBytes(of: Int64(number), toByteOffset: place, as: Int64.self)
            }
            put(base, at: 8)
            put(total, at: 16)
            put(entries.count, at: 24)
            var start = Self.headSize
            for (place, stamp) in entries {
                put(place, at: start)
                put(stamp.bytes, at: start + 8)
                put(stamp.seconds, at: start + 16)
                bytes.storeBytes(
                    of: Int32(truncatingIfNeeded: stamp.nanoseconds), toByteOffset: start + 24, as: Int32.self)
                bytes.storeBytes(of: stamp.linked == nil ? 0 : 1, toByteOffset: start + 28, as: Int32.self)
                bytes.storeBytes(of: stamp.linked ?? 0, toByteOffset: start + 32, as: UInt64.self)
                start += Self.entrySize
            }
            let sum = checksum(UnsafeRawBufferPointer(rebasing: bytes[..<size]))
            bytes.storeBytes(of: sum, toByteOffset: size, as: UInt32.self)
            count = size + 4
        }
    }
}
