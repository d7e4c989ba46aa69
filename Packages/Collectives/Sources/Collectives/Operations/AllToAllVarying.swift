import CMPI

/// What every rank has for every other one.
extension Communicator {
    /// The arrays that all ranks have for this one, in rank order: each rank gives one of any length for each rank.
    /// Every rank calls it, and waits for all.
    ///
    /// - Throws: ``CollectiveError``, on every rank when one does not give an array for each rank, when the elements
    ///   differ in size, and when what a rank gives or gets is above 1 GiB.
    public func allToAllVarying<T: BitwiseCopyable>(_ parts: [[T]]) throws(CollectiveError) -> [[T]] {
        let (stride, isComplete) = (MemoryLayout<T>.stride, parts.count == size)
        let given = isComplete ? parts.map { $0.count * stride } : [Int](repeating: 0, count: size)
        let taken = try exchangeNumbers(given)
        let most = max(given.reduce(0, +), taken.reduce(0, +))
        let bounds = try largest([Int64(most), isComplete ? 0 : Int64(rank + 1), Int64(stride), Int64(-stride)])
        guard bounds[1] == 0 else {
            throw CollectiveError(
                routine: "allToAllVarying",
                reason: "rank \(bounds[1] - 1) does not give one array for each of \(size) ranks")
        }
        try requireOneSize(bounds, stride, "allToAllVarying")
        let largest = Int(bounds[0])
        guard largest <= Parts.largest else {
            throw CollectiveError(
                routine: "allToAllVarying", reason: "a rank gives or gets \(largest) bytes, more than 1 GiB")
        }
        let byte = cmpi_byte()
        let (starts, takenStarts) = (Self.starts(given), Self.starts(taken))
        let counts = (given + starts + taken + takenStarts).map { Int32($0) }
        // At least one, so that it lies elsewhere than what is given: where both are one address, Open MPI 4.1 takes it
        // for one in place, and one of nothing then lets the next operation of all ranks wait for ever.
        let room = max(taken.reduce(0, +) / stride, 1)
        let all: [T] = try receivedArray(room) { memory throws(CollectiveError) in
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
        return zip(takenStarts, taken).map { Array(all[$0 / stride..<($0 + $1) / stride]) }
    }

    /// Of each rank's numbers, the one for this rank.
    private func exchangeNumbers(_ numbers: [Int]) throws(CollectiveError) -> [Int] {
        let (byte, one) = (cmpi_byte(), Int32(MemoryLayout<Int>.stride))
        return try receivedArray(size) { memory throws(CollectiveError) in
            try numbers.withElements { numbers throws(CollectiveError) in
                try collective(
                    "MPI_Alltoall",
                    { MPI_Alltoall(numbers, one, byte, memory, one, byte, handle) },
                    { MPI_Ialltoall(numbers, one, byte, memory, one, byte, handle, $0) })
            }
        }
    }

    /// Where each part begins when they stand one behind another.
    private static func starts(_ lengths: [Int]) -> [Int] {
        var next = 0
        return lengths.map { length in
            defer { next += length }
            return next
        }
    }
}
