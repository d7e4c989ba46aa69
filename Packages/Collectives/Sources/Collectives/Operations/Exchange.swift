import CMPI

/// What every rank has for every other one.
extension Communicator {
    /// The arrays that all ranks have for this one, in rank order: each rank gives one of any length for each rank.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the elements differ in size, or what a rank gives or
    ///   gets is above 1 GiB.
    public func exchange<T: BitwiseCopyable>(_ parts: [[T]]) throws(CollectiveError) -> [[T]] {
        guard parts.count == size else {
            throw CollectiveError(routine: "exchange", reason: "\(parts.count) arrays for \(size) ranks")
        }
        let (stride, byte) = (MemoryLayout<T>.stride, cmpi_byte())
        let given = parts.map { $0.count * stride }
        let taken: [Int] = try receivedArray(size) { memory throws(CollectiveError) in
            try given.withElements { given throws(CollectiveError) in
                let one = Int32(MemoryLayout<Int>.stride)
                try collective(
                    "MPI_Alltoall",
                    { MPI_Alltoall(given, one, byte, memory, one, byte, handle) },
                    { MPI_Ialltoall(given, one, byte, memory, one, byte, handle, $0) })
            }
        }
        let most = max(given.reduce(0, +), taken.reduce(0, +))
        let bounds = try largest([Int64(most), 0, Int64(stride), Int64(-stride)])
        try requireOneSize(bounds, stride, "exchange")
        let largest = Int(bounds[0])
        guard largest <= Parts.largest else {
            throw CollectiveError(routine: "exchange", reason: "a rank gives or gets \(largest) bytes, more than 1 GiB")
        }
        let (lengths, starts) = (given.map { Int32($0) }, Self.starts(given))
        let (takenLengths, takenStarts) = (taken.map { Int32($0) }, Self.starts(taken))
        let counts = lengths + starts + takenLengths + takenStarts
        let all: [UInt8] = try receivedArray(taken.reduce(0, +)) { memory throws(CollectiveError) in
            try parts.flatMap(\.self).withElements { own throws(CollectiveError) in
                try counts.withElements { counts throws(CollectiveError) in
                    let (starts, taken, takenStarts) = (counts + size, counts + 2 * size, counts + 3 * size)
                    try collective(
                        "MPI_Alltoallv",
                        { MPI_Alltoallv(own, counts, starts, byte, memory, taken, takenStarts, byte, handle) },
                        { MPI_Ialltoallv(own, counts, starts, byte, memory, taken, takenStarts, byte, handle, $0) })
                }
            }
        }
        return zip(takenStarts, takenLengths).map { Array(all[Int($0)..<Int($0 + $1)]).elements(of: T.self) }
    }

    /// Where each part begins when they stand one behind another.
    private static func starts(_ lengths: [Int]) -> [Int32] {
        var next = 0
        return lengths.map { length in
            defer { next += length }
            return Int32(next)
        }
    }
}
