import CMPI

/// Values of all ranks combined into one.
extension Communicator {
    /// All ranks' values combined, on `root`; nil on the others.
    ///
    /// - Throws: ``CollectiveError``
    public func reduce<T>(_ value: T, _ operation: Reduction<T>, root: Int) throws(CollectiveError) -> T? {
        let target = try requireRank(root, "reduce")
        let reduced = try exchangedValue(value) { memory throws(CollectiveError) in
            try reduce(Operands(memory, into: rank == root ? memory : nil), 1, operation, root: target)
        }
        return rank == root ? reduced : nil
    }

    /// All ranks' arrays combined element by element, on `root`; nil on the others.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size.
    public func reduce<T>(_ values: [T], _ operation: Reduction<T>, root: Int) throws(CollectiveError) -> [T]? {
        let target = try requireRank(root, "reduce")
        try agree(onLength: values.count, of: T.self, "reduce")
        guard rank == root else {
            try values.withElements { own throws(CollectiveError) in
                try reduce(Operands(own, into: nil), values.count, operation, root: target)
            }
            return nil
        }
        return try receivedArray(values.count) { memory throws(CollectiveError) in
            try values.withElements { own throws(CollectiveError) in
                try reduce(Operands(own, into: memory), values.count, operation, root: target)
            }
        }
    }

    /// All ranks' values combined, on every rank.
    ///
    /// - Throws: ``CollectiveError``
    public func allReduce<T>(_ value: T, _ operation: Reduction<T>) throws(CollectiveError) -> T {
        try exchangedValue(value) { memory throws(CollectiveError) in
            try allReduce(Operands(inPlace: memory), 1, operation)
        }
    }

    /// Replaces the array on every rank by all ranks' arrays combined element by element.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, or their elements in size; the
    ///   array is as before then. After any other error its values are meaningless.
    public func allReduce<T>(inPlace values: inout [T], _ operation: Reduction<T>) throws(CollectiveError) {
        let count = values.count
        try agree(onLength: count, of: T.self, "allReduce")
        try values.withOwnElements { memory throws(CollectiveError) in
            try allReduce(Operands(inPlace: memory), count, operation)
        }
    }

    /// - Parameter operands: With a result on the root alone.
    func reduce<T>(
        _ operands: Operands, _ count: Int, _ operation: Reduction<T>, root: Int32
    ) throws(CollectiveError) {
        let handles = try operation.handles()
        var strict: Faults?
        if let handles, !handles.goesByRanks {
            let part = handles.longestPart(of: T.self, isRooted: true)
            try forEachPart(of: count, atMost: part) { first, length throws(CollectiveError) in
                try reduce(operands.from(first * MemoryLayout<T>.stride), length, handles, root)
            }
        } else if let handles {
            try reduceInTree(operands, count, operation.combiner(handles), root: Int(root))
        } else {
            let combiner = operation.combiner(nil)
            strict = combiner.faults
            try reduceInChain(operands, count, combiner, root: Int(root))
        }
        try end(operation, handles, strict: strict, "reduce")
    }

    func allReduce<T>(
        _ operands: Operands, _ count: Int, _ operation: Reduction<T>
    ) throws(CollectiveError) {
        let handles = try operation.handles()
        var strict: Faults?
        if let handles, !handles.goesByRanks {
            let part = handles.longestPart(of: T.self)
            try forEachPart(of: count, atMost: part) { first, length throws(CollectiveError) in
                try allReduce(operands.from(first * MemoryLayout<T>.stride), length, handles)
            }
        } else {
            // Where the result comes out.
            let root = handles == nil ? size - 1 : 0
            let combiner = operation.combiner(handles)
            strict = combiner.faults
            if handles == nil {
                try reduceInChain(operands, count, combiner, root: root)
            } else {
                try reduceInTree(operands, count, combiner, root: root)
            }
            if let result = operands.result {
                try broadcast(bytes: result, count * MemoryLayout<T>.stride, root: Int32(root))
            }
        }
        try end(operation, handles, strict: strict, "allReduce")
    }

    // Not generic: the compiler makes more of such a call.

    private func reduce(
        _ operands: Operands, _ length: Int32, _ handles: Handles, _ root: Int32
    ) throws(CollectiveError) {
        let (source, target) = (operands.source, operands.result)
        try collective(
            "MPI_Reduce", isExact: handles.isExact,
            { MPI_Reduce(source, target, length, handles.datatype, handles.operation, root, handle) },
            { MPI_Ireduce(source, target, length, handles.datatype, handles.operation, root, handle, $0) })
    }

    private func allReduce(
        _ operands: Operands, _ length: Int32, _ handles: Handles
    ) throws(CollectiveError) {
        let (source, target) = (operands.source, operands.result)
        try collective(
            "MPI_Allreduce", isExact: handles.isExact,
            { MPI_Allreduce(source, target, length, handles.datatype, handles.operation, handle) },
            { MPI_Iallreduce(source, target, length, handles.datatype, handles.operation, handle, $0) })
    }
}
