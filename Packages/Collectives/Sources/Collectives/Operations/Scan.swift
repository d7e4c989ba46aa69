import CMPI

/// Prefixes in rank order.
extension Communicator {
    /// Rank r gets v0 op ... op vr.
    ///
    /// - Throws: ``CollectiveError``
    public func scan<T>(_ value: T, _ operation: Reduction<T>) throws(CollectiveError) -> T {
        try exchangedValue(value) { memory throws(CollectiveError) in
            try scan(Operands(inPlace: memory), 1, operation)
        }
    }

    /// Rank r gets v0 op ... op vr, element by element.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func scan<T>(_ values: [T], _ operation: Reduction<T>) throws(CollectiveError) -> [T] {
        try agree(onLength: values.count, of: T.self, "scan")
        return try receivedArray(values.count) { memory throws(CollectiveError) in
            try values.withElements { own throws(CollectiveError) in
                try scan(Operands(own, into: memory), values.count, operation)
            }
        }
    }

    /// Rank r gets v0 op ... op v(r-1), rank 0 nil.
    ///
    /// - Throws: ``CollectiveError``
    public func exclusiveScan<T>(_ value: T, _ operation: Reduction<T>) throws(CollectiveError) -> T? {
        let scanned = try exchangedValue(value) { memory throws(CollectiveError) in
            try scan(Operands(inPlace: memory), 1, operation, isExclusive: true)
        }
        return rank == 0 ? nil : scanned
    }

    /// Rank r gets v0 op ... op v(r-1), element by element, rank 0 nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func exclusiveScan<T>(_ values: [T], _ operation: Reduction<T>) throws(CollectiveError) -> [T]? {
        try agree(onLength: values.count, of: T.self, "exclusiveScan")
        let scanned: [T] = try receivedArray(values.count) { memory throws(CollectiveError) in
            try values.withElements { own throws(CollectiveError) in
                try scan(Operands(own, into: memory), values.count, operation, isExclusive: true)
            }
        }
        return rank == 0 ? nil : scanned
    }

    /// - Parameter isExclusive: Whether a rank's own values are left out; rank 0's become meaningless then.
    func scan<T>(
        _ operands: Operands, _ count: Int, _ operation: Reduction<T>, isExclusive: Bool = false
    ) throws(CollectiveError) {
        let handles = try operation.handles()
        var strict: Faults?
        if let handles, !handles.goesByRanks {
            let part = handles.longestPart(of: T.self)
            try forEachPart(of: count, atMost: part) { first, length throws(CollectiveError) in
                let operands = operands.from(first * MemoryLayout<T>.stride)
                if isExclusive {
                    try exclusiveScan(operands, length, handles)
                } else {
                    try scan(operands, length, handles)
                }
            }
        } else {
            let combiner = operation.combiner(handles)
            strict = combiner.faults
            if isExclusive {
                try exclusiveScanInChain(operands, count, combiner)
            } else {
                try scanInChain(operands, count, combiner)
            }
        }
        try end(operation, handles, strict: strict, isExclusive ? "exclusiveScan" : "scan")
    }

    // Not generic: the compiler makes more of such a call.

    private func scan(
        _ operands: Operands, _ length: Int32, _ handles: Handles
    ) throws(CollectiveError) {
        let (source, target) = (operands.source, operands.result)
        try collective(
            "MPI_Scan", isExact: handles.isExact,
            { MPI_Scan(source, target, length, handles.datatype, handles.operation, handle) },
            { MPI_Iscan(source, target, length, handles.datatype, handles.operation, handle, $0) })
    }

    private func exclusiveScan(
        _ operands: Operands, _ length: Int32, _ handles: Handles
    ) throws(CollectiveError) {
        let (source, target) = (operands.source, operands.result)
        try collective(
            "MPI_Exscan", isExact: handles.isExact,
            { MPI_Exscan(source, target, length, handles.datatype, handles.operation, handle) },
            { MPI_Iexscan(source, target, length, handles.datatype, handles.operation, handle, $0) })
    }
}
