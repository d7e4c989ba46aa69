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
            try scan(inPlace: memory, 1, operation, isExclusive: true)
        }
        return rank == 0 ? nil : scanned
    }

    /// Rank r gets v0 op ... op v(r-1), element by element, rank 0 nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func exclusiveScan<T>(_ values: [T], _ operation: Reduction<T>) throws(CollectiveError) -> [T]? {
        try agree(onLength: values.count, of: T.self, "exclusiveScan")
        let scanned = try exchangedArray(values) { memory throws(CollectiveError) in
            try scan(inPlace: memory, values.count, operation, isExclusive: true)
        }
        return rank == 0 ? nil : scanned
    }

    /// - Parameter isExclusive: Whether a rank's own values are left out; rank 0's become meaningless then.
    func scan<T>(
        inPlace values: UnsafeMutablePointer<T>, _ count: Int, _ operation: Reduction<T>, isExclusive: Bool = false
    ) throws(CollectiveError) {
        let handles = try operation.handles()
        if let handles, handles.goesByRanks {
            try scanInChain(values, count, stride: MemoryLayout<T>.stride, handles, isExclusive: isExclusive)
        } else if let handles {
            try forEachPart(of: count) { first, length throws(CollectiveError) in
                if isExclusive {
                    try exclusiveScan(inPlace: values + first, length, handles)
                } else {
                    try scan(inPlace: values + first, length, handles)
                }
            }
        } else {
            let prefixes = try prefixesInOrder(values, count, operation)
            let result = isExclusive ? try shiftToNextRank(prefixes) : prefixes
            if let result { values.update(from: result, count: count) }
        }
        try end(operation, handles, isExclusive ? "exclusiveScan" : "scan")
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
