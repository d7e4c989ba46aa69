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
    /// - Parameter handles: What was made for it; nil where MPI did not combine.
    /// - Throws: ``CollectiveError``, on every rank when the operation's function did on one what it must not.
    @inline(__always)
    func end<T>(_ operation: Reduction<T>, _ handles: Handles?, _ routine: String) throws(CollectiveError) {
        guard case .function(_, let order) = operation.kind else { return }
        if let handles, handles.isOwn { try Turn.with(routine) { Combination.free(handles) } }
        if order != .exact { try endFunction(routine) }
    }

    /// Not every rank runs the function, and all must know.
    private func endFunction(_ routine: String) throws(CollectiveError) {
        let fault = Combination.takeFault()
        // A rank and the kind of its fault in one number.
        let own: Int64 =
            switch fault {
            case nil: 0
            case .communicated: Int64(2 * (rank + 1))
            case .threw: Int64(2 * (rank + 1) + 1)
            }
        let found = try largest([own, 0, 0, 0])[0]
        guard found > 0 else { return }
        if let fault { throw fault.error(on: rank, routine) }
        let (other, hasThrown) = (Int(found / 2 - 1), found % 2 == 1)
        throw CollectiveError(
            hasThrown ? .functionThrew(rank: other) : .misuse, routine: routine,
            reason: "its function failed on rank \(other), where the error says more"
                + (hasThrown ? "" : "; such a function must not communicate itself"))
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
        let handles = try handles()
        guard let handles, handles.goesByRanks else { return handles }
        if handles.isOwn { try Turn.with("MPI_Op_free") { Combination.free(handles) } }
        return nil
    }

    @inline(__always)
    private func handlesInAnyOrder() throws(CollectiveError) -> Handles? {
        switch kind {
        case .native(let operation, let datatype, let isExact):
            return Handles(operation: operation, datatype: datatype, isExact: isExact, isOwn: false)
        case .extreme(let extreme, let datatype):
            return Handles(operation: extreme.handle(on: datatype), datatype: datatype, isExact: true, isOwn: false)
        case .function(let loop, let order):
            return order == .strict ? nil : try Combination.handles(loop, isExact: order == .exact)
        }
    }
}

/// Lets MPI call Swift functions. MPI's callback carries no context but the datatype, which is made for one call: the
/// function is kept under it for as long as the call may run.
enum Combination {
    private typealias Function = (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Void

    /// MPI is used by one thread at a time.
    nonisolated(unsafe) private static var functions: [DatatypeHandle: Function] = [:]
    /// What was wrong with a function, in the operation that runs.
    nonisolated(unsafe) private static var fault: Fault?

    enum Fault {
        /// What it must not.
        case communicated(CollectiveError)
        case threw(any Error)

        /// The reduction's error on the rank that has it.
        func error(on rank: Int, _ routine: String) -> CollectiveError {
            switch self {
            case .communicated(let error): error
            case .threw(let error):
                CollectiveError(
                    .functionThrew(rank: rank), routine: routine,
                    reason: "its function threw on rank \(rank): \(error)", cause: error)
            }
        }
    }

    /// Runs a function that was given to a reduction.
    static func run<Result>(_ body: () -> Result) -> Result {
        let state = Life.state
        Life.state = .combining
        defer { Life.state = state }
        return body()
    }

    /// The error of a function that was given to a reduction and communicates itself: for the function, and kept for
    /// the reduction. MPI forbids it, and where it is called on some of the ranks only, its operation would meet
    /// another one of the others: a wrong number at best.
    static func refuse(_ routine: String) -> CollectiveError {
        let error = CollectiveError(
            routine: routine,
            reason: """
                called by a function that was given to a reduction or scan; such a function must not communicate \
                itself: reduce first, and combine what comes out
                """)
        fault = fault ?? .communicated(error)
        return error
    }

    /// A function that may throw, as one that MPI can call: what it throws is kept for the reduction, which has no
    /// result then, and the function is asked no more.
    static func keepingErrors<T>(_ function: @escaping (T, T) throws -> T) -> (T, T) -> T {
        { left, right in
            guard fault == nil else { return left }
            do { return try function(left, right) } catch {
                // One that has communicated and passes the error on.
                fault = fault ?? .threw(error)
                return left
            }
        }
    }

    /// What was wrong with a function of the operation that has ended.
    static func takeFault() -> Fault? {
        defer { fault = nil }
        return fault
    }

    static func handles<T: BitwiseCopyable>(
        _ loop: @escaping Reduction<T>.Loop, isExact: Bool
    ) throws(CollectiveError) -> Handles {
        try Turn.take("MPI_Op_create")
        defer { Turn.give() }
        var datatype = cmpi_datatype_null()
        try check(
            MPI_Type_contiguous(Int32(MemoryLayout<T>.stride), cmpi_byte(), &datatype), "MPI_Type_contiguous")
        try check(MPI_Type_commit(&datatype), "MPI_Type_commit")

        var operation = cmpi_op_null()
        try check(
            MPI_Op_create({ Combination.call($0, $1, $2, $3) }, 1, &operation), "MPI_Op_create")
        keep(loop, under: datatype)
        return Handles(operation: operation, datatype: datatype, isExact: isExact, isOwn: true)
    }

    private static func keep<T>(_ loop: @escaping Reduction<T>.Loop, under datatype: DatatypeHandle) {
        functions[datatype] = { left, right, count in
            loop(left.assumingMemoryBound(to: T.self), right.assumingMemoryBound(to: T.self), count)
        }
    }

    private static func call(
        _ left: UnsafeMutableRawPointer?, _ right: UnsafeMutableRawPointer?, _ count: UnsafeMutablePointer<Int32>?,
        _ datatype: UnsafeMutablePointer<DatatypeHandle>?
    ) {
        guard let left, let right, let count, let datatype, let function = functions[datatype.pointee] else {
            fatalError("MPI asks for a function that it was not given")
        }
        run { function(left, right, Int(count.pointee)) }
    }

    static func free(_ handles: Handles) {
        var (operation, datatype) = (handles.operation, handles.datatype)
        functions[datatype] = nil
        MPI_Op_free(&operation)
        MPI_Type_free(&datatype)
    }
}
