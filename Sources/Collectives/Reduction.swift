import CMPI

/// Values of all ranks combined into one.
extension Communicator {
    /// All ranks' values combined, on `root`; nil on the others.
    ///
    /// - Throws: ``CollectiveError``
    public func reduce<T>(_ value: T, _ operation: Operation<T>, root: Int) throws(CollectiveError) -> T? {
        try reduceArray([value], operation, root: root)?[0]
    }

    /// All ranks' arrays combined element by element, on `root`; nil on the others.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length.
    public func reduce<T>(_ values: [T], _ operation: Operation<T>, root: Int) throws(CollectiveError) -> [T]? {
        _ = try requireRank(root, "reduce")
        try agree(onLength: values.count, "reduce")
        return try reduceArray(values, operation, root: root)
    }

    /// All ranks' values combined, on every rank.
    ///
    /// - Throws: ``CollectiveError``
    public func allReduce<T>(_ value: T, _ operation: Operation<T>) throws(CollectiveError) -> T {
        var values = [value]
        try allReduceArray(&values, operation)
        return values[0]
    }

    /// Replaces the array on every rank by all ranks' arrays combined element by element.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length.
    public func allReduce<T>(inPlace values: inout [T], _ operation: Operation<T>) throws(CollectiveError) {
        try agree(onLength: values.count, "allReduce")
        try allReduceArray(&values, operation)
    }

    private func reduceArray<T>(
        _ values: [T], _ operation: Operation<T>, root: Int
    ) throws(CollectiveError) -> [T]? {
        let target = try requireRank(root, "reduce")
        var reduced: [T] = []
        let isDone = try operation.withHandles { op, datatype throws(CollectiveError) in
            reduced = try filled(values.count) { room throws(CollectiveError) in
                room.update(from: values, count: values.count)
                try forEachPart(of: values.count) { first, count throws(CollectiveError) in
                    let own = room + first
                    try check(
                        rank == root
                            ? MPI_Reduce(cmpi_in_place(), own, count, datatype, op, target, handle)
                            : MPI_Reduce(own, nil, count, datatype, op, target, handle), "MPI_Reduce")
                }
            }
        }
        if !isDone { reduced = try foldInOrder(values, operation, root: root) ?? [] }
        return rank == root ? reduced : nil
    }

    private func allReduceArray<T>(_ values: inout [T], _ operation: Operation<T>) throws(CollectiveError) {
        let count = values.count
        var reduced = values
        let isDone = try operation.withHandles { op, datatype throws(CollectiveError) in
            reduced = try filled(count) { room throws(CollectiveError) in
                room.update(from: reduced, count: count)
                try forEachPart(of: count) { first, part throws(CollectiveError) in
                    try check(
                        MPI_Allreduce(cmpi_in_place(), room + first, part, datatype, op, handle), "MPI_Allreduce")
                }
            }
        }
        values = isDone ? reduced : try broadcast(foldInOrder(values, operation, root: 0), root: 0)
    }

    /// ((v0 op v1) op v2) op ... on `root`; nil on the others.
    private func foldInOrder<T>(
        _ values: [T], _ operation: Operation<T>, root: Int
    ) throws(CollectiveError) -> [T]? {
        guard let parts = try gatherVarying(values, root: root) else { return nil }
        return parts.dropFirst().reduce(parts[0]) { operation.combine($0, $1) }
    }
}
