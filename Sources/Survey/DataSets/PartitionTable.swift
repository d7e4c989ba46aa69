/// The partitions of a data set in data-set order, as columns in one piece of memory: a survey may have a million of
/// them, and the ranks of a node share one copy.
///
/// The memory, all numbers Int64: how many partitions there are; the first galaxy of each, and behind the last how many
/// galaxies there are in all; five numbers of each stamp; where each name ends; the names.
public struct PartitionTable: RandomAccessCollection, @unchecked Sendable {
    /// Numbers of a stamp.
    private static let stampLength = 5

    /// What the columns lie in.
    public let bytes: UnsafeRawBufferPointer
    /// Keeps the memory.
    private let owner: AnyObject
    /// The first partition.
    public let startIndex = 0
    /// How many partitions there are.
    public let endIndex: Int
    /// The first galaxy of each partition, and behind the last how many galaxies there are in all.
    public let starts: UnsafeBufferPointer<Int>
    private let stamps: UnsafeBufferPointer<Int>
    private let nameEnds: UnsafeBufferPointer<Int>
    private let names: UnsafeRawBufferPointer

    /// Bytes of all names together.
    public var nameBytes: Int { nameEnds.last ?? 0 }
    /// Galaxies in all.
    public var rows: Int { starts[endIndex] }

    /// A table whose ``bytes`` have come from another rank.
    ///
    /// - Parameters:
    ///   - bytes: The memory, on an 8-byte boundary.
    ///   - owner: Keeps it.
    public init(in bytes: UnsafeRawBufferPointer, owner: AnyObject) {
        let numbers = bytes.assumingMemoryBound(to: Int.self)
        let count = numbers[0]
        var place = 1
        func column(_ length: Int) -> UnsafeBufferPointer<Int> {
            defer { place += length }
            return UnsafeBufferPointer(rebasing: numbers[place..<place + length])
        }
        (self.bytes, self.owner, endIndex) = (bytes, owner, count)
        starts = column(count + 1)
        stamps = column(Self.stampLength * count)
        nameEnds = column(count)
        names = UnsafeRawBufferPointer(rebasing: bytes[(MemoryLayout<Int>.size * place)...])
    }

    /// A table in memory of its own.
    ///
    /// - Parameters: One of each for each partition.
    public init(names: [String], rows: [Int], stamps: [FileStamp]) {
        precondition(names.count == rows.count && names.count == stamps.count)
        let count = names.count
        let numbers = 2 + (2 + Self.stampLength) * count
        let memory = OwnMemory(numbers: numbers, bytes: names.reduce(0) { $0 + $1.utf8.count })
        var column = memory.numbers
        func append(_ number: Int) {
            column.pointee = number
            column += 1
        }
        append(count)
        for start in Self.starts(of: rows) { append(start) }
        var end = 0
        for stamp in stamps { stamp.forEachNumber(append) }
        let text = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[(MemoryLayout<Int>.stride * numbers)...])
        for var name in names {
            name.withUTF8 { text[end..<end + $0.count].copyBytes(from: $0) }
            end += name.utf8.count
            append(end)
        }
        self.init(in: UnsafeRawBufferPointer(memory.bytes), owner: memory)
    }

    /// The first galaxy of each partition, and behind the last how many galaxies there are.
    ///
    /// - Parameter rows: Galaxies of each partition.
    public static func starts(of rows: [Int]) -> [Int] {
        var starts = [0]
        starts.reserveCapacity(rows.count + 1)
        for rows in rows { starts.append(starts[starts.count - 1] + rows) }
        return starts
    }

    /// A partition.
    public subscript(partition: Int) -> DataSet.Partition {
        DataSet.Partition(
            name: String(decoding: name(of: partition), as: UTF8.self),
            rows: starts[partition + 1] - starts[partition], stamp: stamp(of: partition))
    }

    /// The galaxies of a partition.
    public func galaxies(of partition: Int) -> Range<Int> { starts[partition]..<starts[partition + 1] }

    /// The bytes of a partition's name.
    public func name(of partition: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: names[(partition > 0 ? nameEnds[partition - 1] : 0)..<nameEnds[partition]])
    }

    /// Tells whether the file is still the same.
    public func stamp(of partition: Int) -> FileStamp {
        let first = Self.stampLength * partition
        return FileStamp(stamps[first..<first + Self.stampLength])
    }
}

/// Memory that lives as long as somebody needs it.
private final class OwnMemory {
    let bytes: UnsafeMutableRawBufferPointer

    /// Room for so many numbers, and for so many bytes behind them.
    init(numbers: Int, bytes: Int) {
        self.bytes = .allocate(
            byteCount: MemoryLayout<Int>.stride * numbers + bytes, alignment: MemoryLayout<Int>.alignment)
    }

    var numbers: UnsafeMutablePointer<Int> { bytes.baseAddress!.assumingMemoryBound(to: Int.self) }

    deinit { bytes.deallocate() }
}

extension FileStamp {
    /// The numbers that a table has of it.
    fileprivate func forEachNumber(_ take: (Int) -> Void) {
        take(bytes)
        take(seconds)
        take(nanoseconds)
        take(linked == nil ? 0 : 1)
        take(Int(bitPattern: UInt(linked ?? 0)))
    }

    fileprivate init(_ numbers: Slice<UnsafeBufferPointer<Int>>) {
        let first = numbers.startIndex
        self.init(
            bytes: numbers[first], seconds: numbers[first + 1], nanoseconds: numbers[first + 2],
            linked: numbers[first + 3] == 0 ? nil : UInt64(UInt(bitPattern: numbers[first + 4])))
    }
}
