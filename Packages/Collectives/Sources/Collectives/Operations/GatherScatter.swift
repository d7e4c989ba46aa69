import CMPI

/// Values of all ranks on one rank, or on all, and back. The elements are numbers or plain structs.
extension Communicator {
    /// Every rank's value on `root`, in rank order; nil on the others.
    ///
    /// - Throws: ``CollectiveError``
    public func gather<T: BitwiseCopyable>(_ value: T, root: Int) throws(CollectiveError) -> [T]? {
        let target = try requireRank(root, "gather")
        let isRoot = rank == root
        let all: [T] = try receivedArray(isRoot ? size : 1) { memory throws(CollectiveError) in
            let own = memory + (isRoot ? rank : 0)
            own.initialize(to: value)
            try gather(own, into: memory, MemoryLayout<T>.stride, root: target)
        }
        return isRoot ? all : nil
    }

    /// Every rank's array on `root`, one behind another in rank order; nil on the others.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func gather<T: BitwiseCopyable>(_ values: [T], root: Int) throws(CollectiveError) -> [T]? {
        _ = try requireRank(root, "gather")
        try agree(onLength: values.count, of: T.self, "gather")
        let counts = [Int](repeating: values.count, count: size)
        let total = values.count * MemoryLayout<T>.stride * size
        return try gatherBytes(values, counts: counts, total: total, root: root)?.flatMap { $0 }
    }

    /// Every rank's array, of whatever length, on `root`, in rank order; nil on the others.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the elements differ in size.
    public func gatherVarying<T: BitwiseCopyable>(_ values: [T], root: Int) throws(CollectiveError) -> [[T]]? {
        let stride = MemoryLayout<T>.stride
        let all = try gather(SIMD2(values.count, stride), root: root) ?? []
        let isUneven = all.contains { $0[1] != stride }
        let counts = all.map { $0[0] }
        // Only the root knows.
        let total = try broadcast(isUneven ? -1 : counts.reduce(0, +) * stride, root: root)
        guard total >= 0 else { throw CollectiveError(sizes: try allGather(stride), routine: "gatherVarying") }
        return try gatherBytes(values, counts: counts, total: total, root: root)
    }

    /// Every rank's value on every rank, in rank order.
    ///
    /// - Throws: ``CollectiveError``
    public func allGather<T: BitwiseCopyable>(_ value: T) throws(CollectiveError) -> [T] {
        try receivedArray(size) { memory throws(CollectiveError) in
            memory[rank] = value
            try allGather(memory, MemoryLayout<T>.stride)
        }
    }

    /// Rank r's part of `root`'s list: the r-th of as many equal parts as there are ranks. The others give nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the list cannot be dealt evenly, or the elements differ in
    ///   size.
    public func scatter<T: BitwiseCopyable>(_ values: [T]?, root: Int) throws(CollectiveError) -> [T] {
        _ = try requireRank(root, "scatter")
        let count = try agree(onNumber: values?.count ?? -1, of: root, elements: T.self, "scatter")
        guard count >= 0, count % size == 0 else {
            throw CollectiveError(
                routine: "scatter",
                reason: count < 0
                    ? "rank \(root) is the root and gives no values"
                    : "\(count) values cannot be dealt evenly to \(size) ranks")
        }
        let part = count / size
        let parts =
            rank == root ? values.map { all in (0..<size).map { Array(all[$0 * part..<($0 + 1) * part]) } } : nil
        return try deal(parts, from: root)
    }

    /// The array that `root` has for this rank: one of any length for each rank. The others give nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when there is not one array for each rank, or the elements differ
    ///   in size.
    public func scatterVarying<T: BitwiseCopyable>(_ parts: [[T]]?, root: Int) throws(CollectiveError) -> [T] {
        _ = try requireRank(root, "scatter")
        let given = try agree(onNumber: parts?.count ?? -1, of: root, elements: T.self, "scatter")
        guard given == size else {
            throw CollectiveError(
                routine: "scatter", reason: "rank \(root) gives \(max(given, 0)) arrays for \(size) ranks")
        }
        return try deal(parts, from: root)
    }

    private func deal<T: BitwiseCopyable>(_ parts: [[T]]?, from root: Int) throws(CollectiveError) -> [T] {
        guard rank == root, let parts else { return try receiveArray(of: T.self, from: root, .ofCollectives) }
        for target in 0..<size where target != root { try send(parts[target], to: target, .ofCollectives) }
        return parts[root]
    }

    /// `root` has its own part in its place already.
    func gather(
        _ own: UnsafeRawPointer, into all: UnsafeMutableRawPointer, _ bytesPerRank: Int, root: Int32
    ) throws(CollectiveError) {
        let (byte, count) = (cmpi_byte(), Int32(bytesPerRank))
        let source = rank == root ? UnsafeRawPointer(cmpi_in_place()) : own
        try collective(
            "MPI_Gather",
            { MPI_Gather(source, count, byte, all, count, byte, root, handle) },
            { MPI_Igather(source, count, byte, all, count, byte, root, handle, $0) })
    }

    /// Every rank has its own part in its place already.
    func allGather(_ all: UnsafeMutableRawPointer, _ bytesPerRank: Int) throws(CollectiveError) {
        let (byte, count) = (cmpi_byte(), Int32(bytesPerRank))
        try collective(
            "MPI_Allgather",
            { MPI_Allgather(cmpi_in_place(), 0, byte, all, count, byte, handle) },
            { MPI_Iallgather(cmpi_in_place(), 0, byte, all, count, byte, handle, $0) })
    }

    /// `root` leaves its own part in its place.
    func scatter(
        _ all: UnsafeRawPointer, into own: UnsafeMutableRawPointer, _ bytesPerRank: Int, root: Int32
    ) throws(CollectiveError) {
        let (byte, count) = (cmpi_byte(), Int32(bytesPerRank))
        let target = rank == root ? cmpi_in_place() : own
        try collective(
            "MPI_Scatter",
            { MPI_Scatter(all, count, byte, target, count, byte, root, handle) },
            { MPI_Iscatter(all, count, byte, target, count, byte, root, handle, $0) })
    }

    /// The arrays of all ranks on `root`. The lengths are known there, and their sum in bytes everywhere; one that fits
    /// MPI's counts goes in one call.
    private func gatherBytes<T: BitwiseCopyable>(
        _ values: [T], counts: [Int], total: Int, root: Int
    ) throws(CollectiveError) -> [[T]]? {
        let target = try requireRank(root, "gather")
        let stride = MemoryLayout<T>.stride
        guard total <= Parts.largest else { return try gatherOneByOne(values, root: root) }
        let lengths = counts.map { Int32($0 * stride) }
        let starts = lengths.reduce(into: [Int32(0)]) { $0.append($0[$0.count - 1] + $1) }
        let (byte, count) = (cmpi_byte(), Int32(values.count * stride))
        let all: [UInt8] = try receivedArray(rank == root ? total : 0) { memory throws(CollectiveError) in
            try values.withElements { values throws(CollectiveError) in
                try lengths.withElements { lengths throws(CollectiveError) in
                    try starts.withElements { starts throws(CollectiveError) in
                        try collective(
                            "MPI_Gatherv",
                            { MPI_Gatherv(values, count, byte, memory, lengths, starts, byte, target, handle) },
                            { MPI_Igatherv(values, count, byte, memory, lengths, starts, byte, target, handle, $0) })
                    }
                }
            }
        }
        guard rank == root else { return nil }
        return zip(starts, lengths).map { Array(all[Int($0)..<Int($0 + $1)]).elements(of: T.self) }
    }

    private func gatherOneByOne<T: BitwiseCopyable>(_ values: [T], root: Int) throws(CollectiveError) -> [[T]]? {
        guard rank == root else {
            try send(values, to: root, .ofCollectives)
            return nil
        }
        var parts: [[T]] = []
        for source in 0..<size {
            parts.append(source == root ? values : try receiveArray(of: T.self, from: source, .ofCollectives))
        }
        return parts
    }
}
