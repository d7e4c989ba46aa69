import CMPI

/// Values of all ranks on one rank, or on all. The elements are numbers or plain structs.
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
        let target = try requireRank(root, "gather")
        try agree(onLength: values.count, of: T.self, "gather")
        let byteCount = values.count * MemoryLayout<T>.stride
        func gather(into all: UnsafeMutablePointer<T>?) throws(CollectiveError) {
            try values.withElements { own throws(CollectiveError) in
                try self.gather(own, into: all, byteCount, root: target)
            }
        }
        guard rank == root else {
            try gather(into: nil)
            return nil
        }
        return try receivedArray(values.count * size, gather)
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
        return try gather(values, counts: counts, total: total, root: root)
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

    /// - Parameter all: On the root, which may have its own part in its place already.
    func gather(
        _ own: UnsafeRawPointer, into all: UnsafeMutableRawPointer?, _ bytesPerRank: Int, root: Int32
    ) throws(CollectiveError) {
        guard bytesPerRank * size <= Parts.largest else {
            return try gatherByMessages(own, into: all, bytesPerRank, root: Int(root))
        }
        let (byte, count) = (cmpi_byte(), Int32(bytesPerRank))
        let isInPlace = rank == root && all.map { UnsafeRawPointer($0 + rank * bytesPerRank) } == own
        let source = isInPlace ? UnsafeRawPointer(cmpi_in_place()) : own
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
}

/// What goes past MPI's counts.
extension Communicator {
    private func gatherByMessages(
        _ own: UnsafeRawPointer, into all: UnsafeMutableRawPointer?, _ bytesPerRank: Int, root: Int
    ) throws(CollectiveError) {
        try countCollective("MPI_Gather")
        guard rank == root, let all else { return try sendPiece(own, bytesPerRank, to: root) }
        for source in 0..<size {
            let place = all + source * bytesPerRank
            if source == root {
                Operands(own, into: place).copyValues(bytesPerRank)
            } else {
                try receivePiece(place, bytesPerRank, from: source)
            }
        }
    }

    /// The arrays of all ranks on `root`. The lengths are known there, and their sum in bytes everywhere; one that fits
    /// MPI's counts goes in one call.
    private func gather<T: BitwiseCopyable>(
        _ values: [T], counts: [Int], total: Int, root: Int
    ) throws(CollectiveError) -> [[T]]? {
        let target = try requireRank(root, "gather")
        let stride = MemoryLayout<T>.stride
        guard total <= Parts.largest else { return try gatherByMessages(values, counts: counts, root: root) }
        let lengths = counts.map { Int32($0 * stride) }
        let starts = lengths.reduce(into: [Int32(0)]) { $0.append($0[$0.count - 1] + $1) }
        let (byte, count) = (cmpi_byte(), Int32(values.count * stride))
        let all: [T] = try receivedArray(counts.reduce(0, +)) { memory throws(CollectiveError) in
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
        return zip(starts, counts).map { Array(all[Int($0) / stride..<Int($0) / stride + $1]) }
    }

    private func gatherByMessages<T: BitwiseCopyable>(
        _ values: [T], counts: [Int], root: Int
    ) throws(CollectiveError) -> [[T]]? {
        try countCollective("MPI_Gatherv")
        let stride = MemoryLayout<T>.stride
        guard rank == root else {
            try values.withElements { own throws(CollectiveError) in
                try sendPiece(own, values.count * stride, to: root)
            }
            return nil
        }
        var parts: [[T]] = []
        for source in 0..<size {
            guard source != root else {
                parts.append(values)
                continue
            }
            let part: [T] = try receivedArray(counts[source]) { memory throws(CollectiveError) in
                try receivePiece(memory, counts[source] * stride, from: source)
            }
            parts.append(part)
        }
        return parts
    }
}
