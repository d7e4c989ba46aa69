import CMPI

/// Values of all ranks combined, and dealt to them.
extension Communicator {
    /// All ranks' arrays combined element by element, on every rank. Every rank calls it, and waits for all.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func allReduce<T>(_ values: [T], _ operation: Reduction<T>) throws(CollectiveError) -> [T] {
        var combined = values
        try allReduce(inPlace: &combined, operation)
        return combined
    }

    /// All ranks' arrays combined element by element, and of that rank r's part on rank r: the r-th of as many equal
    /// parts as there are ranks. Every rank calls it, and waits for all.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, cannot be dealt evenly, or their
    ///   elements differ in size.
    public func reduceScatter<T>(_ values: [T], _ operation: Reduction<T>) throws(CollectiveError) -> [T] {
        try agree(onLength: values.count, of: T.self, "reduceScatter")
        let count = try evenPart(of: values.count, "reduceScatter")
        guard count > 0 else { return [] }
        guard let handles = try operation.handlesInFreeOrder() else {
            return try reducePartByPart(values, operation, count)
        }
        let part: [T] = try receivedArray(count) { memory throws(CollectiveError) in
            try values.withElements { own throws(CollectiveError) in
                try reduceScatter(own, into: memory, count, handles)
            }
        }
        try end(operation, handles, "reduceScatter")
        return part
    }

    /// In pieces: MPI takes as much memory again, of which the first touch is slow, and for a piece its own is enough.
    private func reduceScatter<T: BitwiseCopyable>(
        _ own: UnsafePointer<T>, into part: UnsafeMutablePointer<T>, _ count: Int, _ handles: Handles
    ) throws(CollectiveError) {
        let stride = MemoryLayout<T>.stride
        guard count > Parts.largest || count * size * stride > 1 << 22 else {
            return try reduceScatter(bytes: own, into: part, Int32(count), handles)
        }
        let longest = max(min(Parts.largest, (1 << 20) / stride / size), 1)
        // Those of all parts lie together.
        let pieces = UnsafeMutablePointer<T>.allocate(capacity: longest * size)
        try forEachPart(of: count, atMost: longest) { first, length throws(CollectiveError) in
            for rank in 0..<size {
                let piece = pieces + rank * Int(length)
                piece.initialize(from: own + rank * count + first, count: Int(length))
            }
            try reduceScatter(bytes: pieces, into: part + first, length, handles)
        }
        // Only now: what failed may be pending.
        pieces.deallocate()
    }

    // Not generic: the compiler makes more of such a call.

    private func reduceScatter(
        bytes own: UnsafeRawPointer, into part: UnsafeMutableRawPointer, _ count: Int32, _ handles: Handles
    ) throws(CollectiveError) {
        let (datatype, operation) = (handles.datatype, handles.operation)
        try collective(
            "MPI_Reduce_scatter_block", isExact: handles.isExact,
            { MPI_Reduce_scatter_block(own, part, count, datatype, operation, handle) },
            { MPI_Ireduce_scatter_block(own, part, count, datatype, operation, handle, $0) })
    }

    /// Each rank's part is reduced to that rank.
    private func reducePartByPart<T>(
        _ values: [T], _ operation: Reduction<T>, _ count: Int
    ) throws(CollectiveError) -> [T] {
        try receivedArray(count) { memory throws(CollectiveError) in
            try values.withElements { own throws(CollectiveError) in
                for root in 0..<size {
                    let operands = Operands(own + root * count, into: rank == root ? memory : nil)
                    try reduce(operands, count, operation, root: Int32(root))
                }
            }
        }
    }
}
