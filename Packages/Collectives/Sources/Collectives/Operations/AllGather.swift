import CMPI

/// Arrays of all ranks on every rank. The elements are numbers or plain structs.
extension Communicator {
    /// Every rank's array on every rank, one behind another in rank order. Every rank calls it, and waits for all.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func allGather<T: BitwiseCopyable>(_ values: [T]) throws(CollectiveError) -> [T] {
        try agree(onLength: values.count, of: T.self, "allGather")
        return try receivedArray(values.count * size) { memory throws(CollectiveError) in
            try values.withUnsafeBufferPointer { own throws(CollectiveError) in try allGather(own, into: memory) }
        }
    }

    /// Parts of one length.
    func allGather<T: BitwiseCopyable>(
        _ own: UnsafeBufferPointer<T>, into all: UnsafeMutablePointer<T>
    ) throws(CollectiveError) {
        let byteCount = own.count * MemoryLayout<T>.stride
        // This is copied at once, and needed no longer.
        guard let start = own.baseAddress, byteCount > 0 else { return }
        (all + rank * own.count).update(from: start, count: own.count)
        if byteCount <= Parts.largest {
            try allGather(all, byteCount)
        } else {
            try broadcastInTurn(all, [Int](repeating: byteCount, count: size))
        }
    }

    /// Every rank's array, of whatever length, on every rank, in rank order. Every rank calls it, and waits for all.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the elements differ in size.
    public func allGatherVarying<T: BitwiseCopyable>(_ values: [T]) throws(CollectiveError) -> [[T]] {
        let stride = MemoryLayout<T>.stride
        let shapes = try allGather(SIMD2(values.count, stride))
        guard shapes.allSatisfy({ $0[1] == stride }) else {
            throw CollectiveError(sizes: shapes.map { $0[1] }, routine: "allGatherVarying")
        }
        let counts = shapes.map { $0[0] }
        let starts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        let total = starts[size]
        guard total > 0 else { return counts.map { _ in [] } }
        let all: [T] = try receivedArray(total) { memory throws(CollectiveError) in
            (memory + starts[rank]).update(from: values, count: values.count)
            if total * stride <= Parts.largest {
                try allGatherVarying(memory, counts.map { $0 * stride }, starts.map { $0 * stride })
            } else {
                try broadcastInTurn(memory, counts.map { $0 * stride })
            }
        }
        return counts.indices.map { Array(all[starts[$0]..<starts[$0 + 1]]) }
    }

    /// Every rank has its own part in its place already; lengths and starts are in bytes, and fit MPI's counts.
    private func allGatherVarying(
        _ all: UnsafeMutableRawPointer, _ lengths: [Int], _ starts: [Int]
    ) throws(CollectiveError) {
        let byte = cmpi_byte()
        try (lengths + starts).map { Int32($0) }.withElements { lengths throws(CollectiveError) in
            let starts = lengths + size
            try collective(
                "MPI_Allgatherv",
                { MPI_Allgatherv(cmpi_in_place(), 0, byte, all, lengths, starts, byte, handle) },
                { MPI_Iallgatherv(cmpi_in_place(), 0, byte, all, lengths, starts, byte, handle, $0) })
        }
    }

    /// The same for what no single call of MPI takes: each rank gives its part to all, one after another.
    private func broadcastInTurn(_ all: UnsafeMutableRawPointer, _ lengths: [Int]) throws(CollectiveError) {
        var start = all
        for (root, length) in lengths.enumerated() {
            try broadcast(bytes: start, length, root: Int32(root))
            start += length
        }
    }
}
