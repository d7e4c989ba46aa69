import CMPI

/// Prefixes in rank order.
extension Communicator {
    /// Rank r gets v0 op ... op vr.
    ///
    /// - Throws: ``CollectiveError``
    public func scan<T>(_ value: T, _ operation: Operation<T>) throws(CollectiveError) -> T {
        try scanArray([value], operation)[0]
    }

    /// Rank r gets v0 op ... op vr, element by element.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length.
    public func scan<T>(_ values: [T], _ operation: Operation<T>) throws(CollectiveError) -> [T] {
        try agree(onLength: values.count, "scan")
        return try scanArray(values, operation)
    }

    /// Rank r gets v0 op ... op v(r-1), rank 0 nil.
    ///
    /// - Throws: ``CollectiveError``
    public func exclusiveScan<T>(_ value: T, _ operation: Operation<T>) throws(CollectiveError) -> T? {
        try exclusiveScanArray([value], operation)?[0]
    }

    /// Rank r gets v0 op ... op v(r-1), element by element, rank 0 nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length.
    public func exclusiveScan<T>(_ values: [T], _ operation: Operation<T>) throws(CollectiveError) -> [T]? {
        try agree(onLength: values.count, "exclusiveScan")
        return try exclusiveScanArray(values, operation)
    }

    private func scanArray<T>(_ values: [T], _ operation: Operation<T>) throws(CollectiveError) -> [T] {
        var scanned: [T] = []
        let isDone = try operation.withHandles { op, datatype throws(CollectiveError) in
            scanned = try filled(values.count) { room throws(CollectiveError) in
                room.update(from: values, count: values.count)
                try forEachPart(of: values.count) { first, count throws(CollectiveError) in
                    try check(MPI_Scan(cmpi_in_place(), room + first, count, datatype, op, handle), "MPI_Scan")
                }
            }
        }
        return isDone ? scanned : try prefixesInOrder(values, operation)
    }

    private func exclusiveScanArray<T>(
        _ values: [T], _ operation: Operation<T>
    ) throws(CollectiveError) -> [T]? {
        var scanned: [T] = []
        let isDone = try operation.withHandles { op, datatype throws(CollectiveError) in
            scanned = try filled(values.count) { room throws(CollectiveError) in
                room.update(from: values, count: values.count)
                try forEachPart(of: values.count) { first, count throws(CollectiveError) in
                    try check(MPI_Exscan(cmpi_in_place(), room + first, count, datatype, op, handle), "MPI_Exscan")
                }
            }
        }
        if isDone { return rank == 0 ? nil : scanned }
        return try shiftToNextRank(prefixesInOrder(values, operation))
    }

    /// Each rank's prefix, folded strictly left to right on rank 0.
    private func prefixesInOrder<T>(_ values: [T], _ operation: Operation<T>) throws(CollectiveError) -> [T] {
        let parts = try gatherVarying(values, root: 0)
        let prefixes = parts.map { parts in
            parts.dropFirst().reduce(into: [parts[0]]) { $0.append(operation.combine($0[$0.count - 1], $1)) }
        }
        return try scatterVarying(prefixes, root: 0)
    }

    private func shiftToNextRank<T: BitwiseCopyable>(_ values: [T]) throws(CollectiveError) -> [T]? {
        // From the last rank down, each waits for its left neighbour to receive; rank 0 only sends: no cycle.
        if rank + 1 < size { try send(values, to: rank + 1) }
        return rank > 0 ? try receiveArray(of: T.self, from: rank - 1) : nil
    }
}
