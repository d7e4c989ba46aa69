import CMPI

/// An operation and its element type as MPI knows them.
struct Handles {
    let operation: OperationHandle
    let datatype: DatatypeHandle
    /// Whether no order of evaluation changes a bit of the result.
    let isExact: Bool
    /// They were made for one call of a function of the caller's, or of ours that MPI has no name for.
    let isOwn: Bool
    /// Whether the order is fixed by the ranks alone, and not MPI's: see ``Reduction/reproducible``.
    var goesByRanks = false
}

extension Handles {
    /// The most elements of one call. MPI's nonblocking calls, which all take where the order matters, need as much
    /// memory again, and are slow where that leaves the core's cache; those that reduce to a root, sooner.
    @inline(__always)
    func longestPart<T>(of type: T.Type, isRooted: Bool = false) -> Int {
        isExact ? Parts.largest : min(Parts.largest, max((isRooted ? 1 << 15 : 1 << 19) / MemoryLayout<T>.stride, 1))
    }
}

extension Communicator {
    /// Ends an operation that is done. One that failed may still be pending, and keeps what it has.
    ///
    /// - Parameters:
    ///   - handles: What was made for it; nil where MPI did not combine.
    ///   - strict: What was wrong with its function then.
    /// - Throws: ``CollectiveError``, on every rank when the operation's function did on one what it must not.
    @inline(__always)
    func end<T>(
        _ operation: Reduction<T>, _ handles: Handles?, strict: Faults? = nil, _ routine: String
    ) throws(CollectiveError) {
        guard case .function(_, let order) = operation.kind else { return }
        let fault = if let handles { try endFunction(handles, routine) } else { strict?.first }
        if order != .exact { try agree(on: fault, routine) }
    }

    private func endFunction(_ handles: Handles, _ routine: String) throws(CollectiveError) -> Fault? {
        try Turn.with(routine) { Combination.free(handles) }
    }

    /// Not every rank runs the function, and all must know.
    private func agree(on fault: Fault?, _ routine: String) throws(CollectiveError) {
        let found = try largest([Int64(fault?.mark(of: rank) ?? 0), 0, 0, 0])[0]
        if let error = Fault.error(fault, found: Int32(found), on: rank, routine) { throw error }
    }
}

extension Reduction {
    /// MPI's handles for this operation and its element type, to be freed after use; nil when MPI must not choose the
    /// order.
    @inline(__always)
    func handles() throws(CollectiveError) -> Handles? {
        var handles = try handlesInAnyOrder()
        if isReproducible, let known = handles { handles?.goesByRanks = !known.isExact }
        return handles
    }

    /// The same where MPI has to choose the order: nil for one that is fixed by the ranks, too.
    func handlesInFreeOrder() throws(CollectiveError) -> Handles? {
        isFree ? try handlesInAnyOrder() : nil
    }

    /// Whether MPI may choose the order.
    var isFree: Bool {
        if case .function(_, .strict) = kind { return false }
        return !isReproducible || isExact
    }

    /// Whether no order of evaluation changes a bit of the result.
    private var isExact: Bool {
        switch kind {
        case .native(_, _, let isExact): isExact
        case .extreme, .wrappingSum: true
        case .function(_, let order): order == .exact
        }
    }

    @inline(__always)
    private func handlesInAnyOrder() throws(CollectiveError) -> Handles? {
        switch kind {
        case .native(let operation, let datatype, let isExact):
            return Handles(operation: operation, datatype: datatype, isExact: isExact, isOwn: false)
        case .extreme(let extreme, let datatype):
            return Handles(operation: extreme.handle(on: datatype), datatype: datatype, isExact: true, isOwn: false)
        case .wrappingSum(let datatype):
            let made = MPIDatatype.isOf8Bits(datatype) ? MadeOperation.sumOf8Bits : .sumOf16Bits
            return Handles(operation: made.handle, datatype: datatype, isExact: true, isOwn: false)
        case .function(let loop, let order):
            return order == .strict ? nil : try Combination.handles(loop, isExact: order == .exact)
        }
    }
}
