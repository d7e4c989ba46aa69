import CMPI

/// Values of all ranks on one rank, or on all, and back. The elements are numbers or plain structs.
extension Communicator {
    /// Every rank's value on `root`, in rank order; nil on the others.
    ///
    /// - Throws: ``CollectiveError``
    public func gather<T: BitwiseCopyable>(_ value: T, root: Int) throws(CollectiveError) -> [T]? {
        let target = try requireRank(root, "gather")
        let isRoot = rank == root
        let all: [T] = try filled(isRoot ? size : 1) { room throws(CollectiveError) in
            let own = room + (isRoot ? rank : 0)
            own.initialize(to: value)
            try gather(own, into: room, MemoryLayout<T>.stride, root: target)
        }
        return isRoot ? all : nil
    }

    /// Every rank's array on `root`, one behind another in rank order; nil on the others.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length.
    public func gather<T: BitwiseCopyable>(_ values: [T], root: Int) throws(CollectiveError) -> [T]? {
        _ = try requireRank(root, "gather")
        try agree(onLength: values.count, "gather")
        let counts = [Int](repeating: values.count, count: size)
        return try gatherBytes(values, counts: counts, root: root)?.flatMap { $0 }
    }

    /// Every rank's array, of whatever length, on `root`, in rank order; nil on the others.
    ///
    /// - Throws: ``CollectiveError``
    public func gatherVarying<T: BitwiseCopyable>(_ values: [T], root: Int) throws(CollectiveError) -> [[T]]? {
        let counts = try gather(values.count, root: root)
        return try gatherBytes(values, counts: counts ?? [], root: root)
    }

    /// Every rank's value on every rank, in rank order.
    ///
    /// - Throws: ``CollectiveError``
    public func allGather<T: BitwiseCopyable>(_ value: T) throws(CollectiveError) -> [T] {
        try filled(size) { room throws(CollectiveError) in
            room[rank] = value
            try allGather(room, MemoryLayout<T>.stride)
        }
    }

    /// Rank r's share of `root`'s list: the r-th of as many equal parts as there are ranks. The others give nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the list cannot be dealt evenly.
    public func scatter<T: BitwiseCopyable>(_ values: [T]?, root: Int) throws(CollectiveError) -> [T] {
        _ = try requireRank(root, "scatter")
        let count = try broadcast(rank == root ? values?.count ?? -1 : 0, root: root)
        guard count >= 0, count % size == 0 else {
            throw CollectiveError(
                routine: "scatter",
                reason: count < 0
                    ? "rank \(root) is the root and gives no values"
                    : "\(count) values cannot be dealt evenly to \(size) ranks")
        }
        let share = count / size
        let parts =
            rank == root ? values.map { all in (0..<size).map { Array(all[$0 * share..<($0 + 1) * share]) } } : nil
        return try scatterVarying(parts, root: root)
    }

    /// The array that `root` has for this rank: one of any length for each rank. The others give nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when there is not one array for each rank.
    public func scatterVarying<T: BitwiseCopyable>(_ parts: [[T]]?, root: Int) throws(CollectiveError) -> [T] {
        _ = try requireRank(root, "scatter")
        let given = try broadcast(rank == root ? parts?.count ?? -1 : 0, root: root)
        guard given == size else {
            throw CollectiveError(
                routine: "scatter", reason: "rank \(root) gives \(max(given, 0)) arrays for \(size) ranks")
        }
        guard rank == root, let parts else { return try receiveArray(of: T.self, from: root) }
        for target in 0..<size where target != root { try send(parts[target], to: target) }
        return parts[root]
    }

    /// The arrays that all ranks have for this one, in rank order: each rank gives one of any length for each rank.
    ///
    /// - Throws: ``CollectiveError``, on every rank when what a rank gives or gets is above 1 GiB.
    public func exchange<T: BitwiseCopyable>(_ parts: [[T]]) throws(CollectiveError) -> [[T]] {
        guard parts.count == size else {
            throw CollectiveError(routine: "exchange", reason: "\(parts.count) arrays for \(size) ranks")
        }
        let (stride, byte) = (MemoryLayout<T>.stride, cmpi_byte())
        let given = parts.map { $0.count * stride }
        let taken: [Int] = try filled(size) { room throws(CollectiveError) in
            try given.withElements { given throws(CollectiveError) in
                let share = Int32(MemoryLayout<Int>.stride)
                try collective(
                    "MPI_Alltoall",
                    { MPI_Alltoall(given, share, byte, room, share, byte, handle) },
                    { MPI_Ialltoall(given, share, byte, room, share, byte, handle, $0) })
            }
        }
        let most = try allReduce(max(given.reduce(0, +), taken.reduce(0, +)), .max)
        guard most <= largestCount else {
            throw CollectiveError(routine: "exchange", reason: "a rank gives or gets \(most) bytes, more than 1 GiB")
        }
        let (lengths, starts) = (given.map { Int32($0) }, Self.starts(given))
        let (takenLengths, takenStarts) = (taken.map { Int32($0) }, Self.starts(taken))
        let counts = lengths + starts + takenLengths + takenStarts
        let all: [UInt8] = try filled(taken.reduce(0, +)) { room throws(CollectiveError) in
            try parts.flatMap(\.self).withElements { own throws(CollectiveError) in
                try counts.withElements { counts throws(CollectiveError) in
                    let (starts, taken, takenStarts) = (counts + size, counts + 2 * size, counts + 3 * size)
                    try collective(
                        "MPI_Alltoallv",
                        { MPI_Alltoallv(own, counts, starts, byte, room, taken, takenStarts, byte, handle) },
                        { MPI_Ialltoallv(own, counts, starts, byte, room, taken, takenStarts, byte, handle, $0) })
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

    /// `root` has its own share in its place already.
    func gather(
        _ own: UnsafeRawPointer, into all: UnsafeMutableRawPointer, _ share: Int, root: Int32
    ) throws(CollectiveError) {
        let (byte, share) = (cmpi_byte(), Int32(share))
        let source = rank == root ? UnsafeRawPointer(cmpi_in_place()) : own
        try collective(
            "MPI_Gather",
            { MPI_Gather(source, share, byte, all, share, byte, root, handle) },
            { MPI_Igather(source, share, byte, all, share, byte, root, handle, $0) })
    }

    /// Every rank has its own share in its place already.
    func allGather(_ all: UnsafeMutableRawPointer, _ share: Int) throws(CollectiveError) {
        let (byte, share) = (cmpi_byte(), Int32(share))
        try collective(
            "MPI_Allgather",
            { MPI_Allgather(cmpi_in_place(), 0, byte, all, share, byte, handle) },
            { MPI_Iallgather(cmpi_in_place(), 0, byte, all, share, byte, handle, $0) })
    }

    /// `root` leaves its own share in its place.
    func scatter(
        _ all: UnsafeRawPointer, into own: UnsafeMutableRawPointer, _ share: Int, root: Int32
    ) throws(CollectiveError) {
        let (byte, share) = (cmpi_byte(), Int32(share))
        let target = rank == root ? cmpi_in_place() : own
        try collective(
            "MPI_Scatter",
            { MPI_Scatter(all, share, byte, target, share, byte, root, handle) },
            { MPI_Iscatter(all, share, byte, target, share, byte, root, handle, $0) })
    }

    /// The arrays of all ranks on `root`. The lengths are known there; a length that fits MPI's counts goes in one call.
    private func gatherBytes<T: BitwiseCopyable>(
        _ values: [T], counts: [Int], root: Int
    ) throws(CollectiveError) -> [[T]]? {
        let target = try requireRank(root, "gather")
        let stride = MemoryLayout<T>.stride
        let total = counts.reduce(0, +) * stride
        guard try broadcast(rank == root ? total : 0, root: root) <= largestCount else {
            return try gatherOneByOne(values, root: root)
        }
        let lengths = counts.map { Int32($0 * stride) }
        let starts = lengths.reduce(into: [Int32(0)]) { $0.append($0[$0.count - 1] + $1) }
        let (byte, count) = (cmpi_byte(), Int32(values.count * stride))
        let all: [UInt8] = try filled(rank == root ? total : 0) { room throws(CollectiveError) in
            try values.withElements { values throws(CollectiveError) in
                try lengths.withElements { lengths throws(CollectiveError) in
                    try starts.withElements { starts throws(CollectiveError) in
                        try collective(
                            "MPI_Gatherv",
                            { MPI_Gatherv(values, count, byte, room, lengths, starts, byte, target, handle) },
                            { MPI_Igatherv(values, count, byte, room, lengths, starts, byte, target, handle, $0) })
                    }
                }
            }
        }
        guard rank == root else { return nil }
        return zip(starts, lengths).map { Array(all[Int($0)..<Int($0 + $1)]).elements(of: T.self) }
    }

    private func gatherOneByOne<T: BitwiseCopyable>(_ values: [T], root: Int) throws(CollectiveError) -> [[T]]? {
        guard rank == root else {
            try send(values, to: root)
            return nil
        }
        var parts: [[T]] = []
        for source in 0..<size { parts.append(source == root ? values : try receiveArray(of: T.self, from: source)) }
        return parts
    }
}
