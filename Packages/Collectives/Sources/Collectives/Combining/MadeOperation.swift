import CMPI

/// An operation of ours on a type of MPI's own, where MPI's own operation will not do. It is made when MPI is started:
/// later it may be another thread's turn.
///
/// Unchecked, because MPI is used by one thread at a time.
struct MadeOperation: @unchecked Sendable {
    /// The null handle, which MPI refuses, where it makes none.
    let handle: OperationHandle

    private typealias Callback =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?,
            UnsafeMutablePointer<DatatypeHandle>?
        ) -> Void

    private init(_ callback: Callback) {
        var operation = cmpi_op_null()
        handle = MPI_Op_create(callback, 1, &operation) == MPI_SUCCESS ? operation : cmpi_op_null()
    }

    static func begin() {
        _ = [leastFloat, leastDouble, greatestFloat, greatestDouble, sumOf8Bits, sumOf16Bits]
    }

    static let leastFloat = MadeOperation { left, right, count, _ in
        combine(left, right, count) { (a: Float, b: Float) in Extreme.least.of(a, b) }
    }
    static let leastDouble = MadeOperation { left, right, count, _ in
        combine(left, right, count) { (a: Double, b: Double) in Extreme.least.of(a, b) }
    }
    static let greatestFloat = MadeOperation { left, right, count, _ in
        combine(left, right, count) { (a: Float, b: Float) in Extreme.greatest.of(a, b) }
    }
    static let greatestDouble = MadeOperation { left, right, count, _ in
        combine(left, right, count) { (a: Double, b: Double) in Extreme.greatest.of(a, b) }
    }
    /// With a sign or without, the bits are the same.
    static let sumOf8Bits = MadeOperation { left, right, count, _ in
        combine(left, right, count) { (a: UInt8, b: UInt8) in a &+ b }
    }
    static let sumOf16Bits = MadeOperation { left, right, count, _ in
        combine(left, right, count) { (a: UInt16, b: UInt16) in a &+ b }
    }

    @inline(__always)
    private static func combine<T>(
        _ left: UnsafeMutableRawPointer?, _ right: UnsafeMutableRawPointer?, _ count: UnsafeMutablePointer<Int32>?,
        _ body: (T, T) -> T
    ) {
        guard let left, let right, let count else { return }
        let (a, b) = (left.assumingMemoryBound(to: T.self), right.assumingMemoryBound(to: T.self))
        for index in 0..<Int(count.pointee) { b[index] = body(a[index], b[index]) }
    }
}
