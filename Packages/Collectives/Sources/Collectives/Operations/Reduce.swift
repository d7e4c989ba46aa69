import CMPI

/// Values of all ranks combined into one.
extension Communicator {
    /// All ranks' values combined, on `root`; nil on the others.
    ///
    /// - Throws: ``CollectiveError``
    public func reduce<T>(_ value: T, _ operation: Reduction<T>, root: Int) throws(CollectiveError) -> T? {
        let target = try requireRank(root, "reduce")
        let reduced = try exchangedValue(value) { memory throws(CollectiveError) in
            try reduce(inPlace: memory, 1, operation, root: target)
        }
        return rank == root ? reduced : nil
    }

    /// All ranks' arrays combined element by element, on `root`; nil on the others.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func reduce<T>(_ values: [T], _ operation: Reduction<T>, root: Int) throws(CollectiveError) -> [T]? {
        let target = try requireRank(root, "reduce")
        try agree(onLength: values.count, of: T.self, "reduce")
        let reduced = try exchangedArray(values) { memory throws(CollectiveError) in
            try reduce(inPlace: memory, values.count, operation, root: target)
        }
        return rank == root ? reduced : nil
    }

    /// All ranks' values combined, on every rank.
    ///
    /// - Throws: ``CollectiveError``
    public func allReduce<T>(_ value: T, _ operation: Reduction<T>) throws(CollectiveError) -> T {
        try exchangedValue(value) { memory throws(CollectiveError) in
            try allReduce(inPlace: memory, 1, operation)
        }
    }

    /// Replaces the array on every rank by all ranks' arrays combined element by element.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func allReduce<T>(inPlace values: inout [T], _ operation: Reduction<T>) throws(CollectiveError) {
        let count = values.count
        try agree(onLength: count, of: T.self, "allReduce")
        values = try exchangedArray(values) { memory throws(CollectiveError) in
            try allReduce(inPlace: memory, count, operation)
        }
    }

    /// Changes nothing on the other ranks.
    func reduce<T>(
        inPlace values: UnsafeMutablePointer<T>, _ count: Int, _ operation: Reduction<T>, root: Int32
    ) throws(CollectiveError) {
        let handles = try operation.handles()
        if let handles, handles.goesByRanks {
            try reduceInTree(values, count, handles, root: root)
        } else if let handles {
            // MPI's nonblocking reduction, which all take where the order matters, is slow with long arrays: six times
            // here.
            let part = handles.isExact ? Parts.largest : max((1 << 15) / MemoryLayout<T>.stride, 1)
            try forEachPart(of: count, atMost: part) { first, length throws(CollectiveError) in
                try reduce(inPlace: values + first, length, handles, root)
            }
        } else {
            let folded = try foldInOrder(UnsafeBufferPointer(start: values, count: count), operation, root: Int(root))
            if let folded { values.update(from: folded, count: count) }
        }
        try end(operation, handles, "reduce")
    }

    /// The values of the others than `root` stay as they are.
    private func reduceInTree<T>(
        _ values: UnsafeMutablePointer<T>, _ count: Int, _ handles: Handles, root: Int32
    ) throws(CollectiveError) {
        // Rank 0 combines, and gives the result to the root.
        let (isBetween, root) = (rank == 0 && root != 0, Int(root))
        let result = isBetween ? UnsafeMutablePointer<T>.allocate(capacity: max(count, 1)) : values
        if isBetween { result.update(from: values, count: count) }
        try reduceInTree(UnsafeMutableRawPointer(result), count, stride: MemoryLayout<T>.stride, handles)
        if root != 0 {
            try forEachPart(of: count) { first, length throws(CollectiveError) in
                if rank == 0 { try sendPiece(result + first, length, to: root, handles) }
                if rank == root { try receivePiece(values + first, length, from: 0, handles) }
            }
        }
        if isBetween { result.deallocate() }
    }

    func allReduce<T>(
        inPlace values: UnsafeMutablePointer<T>, _ count: Int, _ operation: Reduction<T>
    ) throws(CollectiveError) {
        let handles = try operation.handles()
        if let handles, !handles.goesByRanks {
            try forEachPart(of: count) { first, length throws(CollectiveError) in
                try allReduce(inPlace: values + first, length, handles)
            }
        } else {
            if let handles {
                try reduceInTree(UnsafeMutableRawPointer(values), count, stride: MemoryLayout<T>.stride, handles)
            } else {
                let folded = try foldInOrder(UnsafeBufferPointer(start: values, count: count), operation, root: 0)
                if let folded { values.update(from: folded, count: count) }
            }
            try broadcast(bytes: values, count * MemoryLayout<T>.stride, root: 0)
        }
        try end(operation, handles, "allReduce")
    }

    // Not generic: the compiler makes more of such a call.

    private func reduce(
        inPlace start: UnsafeMutableRawPointer, _ length: Int32, _ handles: Handles, _ root: Int32
    ) throws(CollectiveError) {
        let (source, target) = rank == root ? (cmpi_in_place(), start) : (start, nil)
        try collective(
            "MPI_Reduce", isExact: handles.isExact,
            { MPI_Reduce(source, target, length, handles.datatype, handles.operation, root, handle) },
            { MPI_Ireduce(source, target, length, handles.datatype, handles.operation, root, handle, $0) })
    }

    private func allReduce(
        inPlace start: UnsafeMutableRawPointer, _ length: Int32, _ handles: Handles
    ) throws(CollectiveError) {
        try collective(
            "MPI_Allreduce", isExact: handles.isExact,
            { MPI_Allreduce(cmpi_in_place(), start, length, handles.datatype, handles.operation, handle) },
            { MPI_Iallreduce(cmpi_in_place(), start, length, handles.datatype, handles.operation, handle, $0) })
    }

    /// ((v0 op v1) op v2) op ... on `root`; nil on the others.
    private func foldInOrder<T>(
        _ values: UnsafeBufferPointer<T>, _ operation: Reduction<T>, root: Int
    ) throws(CollectiveError) -> [T]? {
        guard let parts = try gatherVarying(Array(values), root: root) else { return nil }
        return parts.dropFirst().reduce(parts[0]) { operation.combine($0, $1) }
    }
}
