import CMPI
import Glibc
import Synchronization

/// Lets MPI call Swift functions. MPI's callback carries no context but the datatype, which is made for one operation:
/// the function is kept under it for as long as the operation may run, with what was wrong with it.
enum Combination {
    private typealias Function = (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Void

    /// MPI is used by one thread at a time.
    nonisolated(unsafe) private static var functions: [DatatypeHandle: (function: Function, faults: Faults)] = [:]

    /// The faults of the function that runs. Its thread alone looks at them.
    nonisolated(unsafe) private static var running: Faults?
    /// That thread; 0 while none runs.
    private static let thread = Atomic<UInt>(0)

    /// Whether a function runs on the thread that asks.
    static var isOnThisThread: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Runs a function that was given to a reduction, in its turn: no two of them run at the same time.
    static func run<Result>(_ faults: Faults, _ body: () -> Result) -> Result {
        let (state, before, threadBefore) = (Life.state, running, thread.load(ordering: .relaxed))
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        Life.state = .combining
        running = faults
        defer {
            (Life.state, running) = (state, before)
            thread.store(threadBefore, ordering: .relaxed)
        }
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
        running?.keep(.communicated(error))
        return error
    }

    /// Keeps what the function that runs has thrown: the reduction has no result.
    static func keep(_ error: any Error) { running?.keep(.threw(error)) }

    /// What elements are marked with when the function that runs has failed on this rank; 0 when it has not.
    static var mark: Int32 { running.flatMap { $0.first?.mark(of: $0.rank) } ?? 0 }

    /// - Parameter rank: For the marks of elements.
    static func handles<T: BitwiseCopyable>(
        _ loop: @escaping Reduction<T>.Loop, isExact: Bool, rank: Int = 0
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
        keep(loop, Faults(rank: rank), under: datatype)
        return Handles(operation: operation, datatype: datatype, isExact: isExact, isOwn: true)
    }

    private static func keep<T>(_ loop: @escaping Reduction<T>.Loop, _ faults: Faults, under datatype: DatatypeHandle) {
        let function: Function = { left, right, count in
            loop(left.assumingMemoryBound(to: T.self), right.assumingMemoryBound(to: T.self), count)
        }
        functions[datatype] = (function, faults)
    }

    private static func call(
        _ left: UnsafeMutableRawPointer?, _ right: UnsafeMutableRawPointer?, _ count: UnsafeMutablePointer<Int32>?,
        _ datatype: UnsafeMutablePointer<DatatypeHandle>?
    ) {
        guard let left, let right, let count, let datatype, let kept = functions[datatype.pointee] else {
            fatalError("MPI asks for a function that it was not given")
        }
        run(kept.faults) { kept.function(left, right, Int(count.pointee)) }
    }

    /// Frees what was made for an operation that has ended, in its turn: what was wrong with its function.
    static func free(_ handles: Handles) -> Fault? {
        var (operation, datatype) = (handles.operation, handles.datatype)
        let kept = functions.removeValue(forKey: datatype)
        MPI_Op_free(&operation)
        MPI_Type_free(&datatype)
        return kept?.faults.first
    }
}
