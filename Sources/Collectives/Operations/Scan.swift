import CMPI

/// Prefixes in rank order.
extension Communicator {
    /// Rank r gets v0 op ... op vr.
    ///
    /// - Throws: ``CollectiveError``
    public func scan<T>(_ value: T, _ operation: Reduction<T>) throws(CollectiveError) -> T {
        try exchangedValue(value) { memory throws(CollectiveError) in
            try scan(inPlace: memory, 1, operation)
        }
    }

    /// Rank r gets v0 op ... op vr, element by element.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func scan<T>(_ values: [T], _ operation: Reduction<T>) throws(CollectiveError) -> [T] {
        try agree(onLength: values.count, of: T.self, "scan")
        return try exchangedArray(values) { memory throws(CollectiveError) in
            try scan(inPlace: memory, values.count, operation)
        }
    }

    /// Rank r gets v0 op ... op v(r-1), rank 0 nil.
    ///
    /// - Throws: ``CollectiveError``
    public func exclusiveScan<T>(_ value: T, _ operation: Reduction<T>) throws(CollectiveError) -> T? {
        let scanned = try exchangedValue(value) { memory throws(CollectiveError) in
            try exclusiveScan(inPlace: memory, 1, operation)
        }
        return rank == 0 ? nil : scanned
    }

    /// Rank r gets v0 op ... op v(r-1), element by element, rank 0 nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func exclusiveScan<T>(_ values: [T], _ operation: Reduction<T>) throws(CollectiveError) -> [T]? {
        try agree(onLength: values.count, of: T.self, "exclusiveScan")
        let scanned = try exchangedArray(values) { memory throws(CollectiveError) in
            try exclusiveScan(inPlace: memory, values.count, operation)
        }
        return rank == 0 ? nil : scanned
    }

    func scan<T>(
        inPlace values: UnsafeMutablePointer<T>, _ count: Int, _ operation: Reduction<T>
    ) throws(CollectiveError) {
        if let handles = try operation.handles() {
            if operation.isReproducible, !handles.isExact {
                try scanInChain(values, count, stride: MemoryLayout<T>.stride, handles, isExclusive: false)
            } else {
                try forEachPart(of: count) { first, length throws(CollectiveError) in
                    try scan(inPlace: values + first, length, handles)
                }
            }
            return try end(operation, handles, "scan")
        }
        try values.update(from: prefixesInOrder(values, count, operation), count: count)
        try end(operation, nil, "scan")
    }

    /// Rank 0's values become meaningless.
    func exclusiveScan<T>(
        inPlace values: UnsafeMutablePointer<T>, _ count: Int, _ operation: Reduction<T>
    ) throws(CollectiveError) {
        if let handles = try operation.handles() {
            if operation.isReproducible, !handles.isExact {
                try scanInChain(values, count, stride: MemoryLayout<T>.stride, handles, isExclusive: true)
            } else {
                try forEachPart(of: count) { first, length throws(CollectiveError) in
                    try exclusiveScan(inPlace: values + first, length, handles)
                }
            }
            return try end(operation, handles, "exclusiveScan")
        }
        let previous = try shiftToNextRank(prefixesInOrder(values, count, operation))
        if let previous { values.update(from: previous, count: count) }
        try end(operation, nil, "exclusiveScan")
    }

    // Not generic: the compiler makes more of such a call.

    private func scan(
        inPlace start: UnsafeMutableRawPointer, _ length: Int32, _ handles: Handles
    ) throws(CollectiveError) {
        try collective(
            "MPI_Scan", isExact: handles.isExact,
            { MPI_Scan(cmpi_in_place(), start, length, handles.datatype, handles.operation, handle) },
            { MPI_Iscan(cmpi_in_place(), start, length, handles.datatype, handles.operation, handle, $0) })
    }

    private func exclusiveScan(
        inPlace start: UnsafeMutableRawPointer, _ length: Int32, _ handles: Handles
    ) throws(CollectiveError) {
        try collective(
            "MPI_Exscan", isExact: handles.isExact,
            { MPI_Exscan(cmpi_in_place(), start, length, handles.datatype, handles.operation, handle) },
            { MPI_Iexscan(cmpi_in_place(), start, length, handles.datatype, handles.operation, handle, $0) })
    }

    /// Each rank's prefix, folded strictly left to right on rank 0.
    private func prefixesInOrder<T>(
        _ values: UnsafeMutablePointer<T>, _ count: Int, _ operation: Reduction<T>
    ) throws(CollectiveError) -> [T] {
        let parts = try gatherVarying(Array(UnsafeBufferPointer(start: values, count: count)), root: 0)
        let prefixes = parts.map { parts in
            parts.dropFirst().reduce(into: [parts[0]]) { $0.append(operation.combine($0[$0.count - 1], $1)) }
        }
        return try scatterVarying(prefixes, root: 0)
    }

    private func shiftToNextRank<T: BitwiseCopyable>(_ values: [T]) throws(CollectiveError) -> [T]? {
        // From the last rank down, each waits for its left neighbour to receive; rank 0 only sends: no cycle.
        if rank + 1 < size { try send(values, to: rank + 1, .ofCollectives) }
        return rank > 0 ? try receiveArray(of: T.self, from: rank - 1, .ofCollectives) : nil
    }
}
