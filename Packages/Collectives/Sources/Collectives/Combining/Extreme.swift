import CMPI

/// The smallest and the largest of floating-point numbers, NaN and zeros of both signs included.
///
/// MPI's own operations compare as C does: what becomes of NaN, and of zeros, then depends on which of the two values
/// comes first, and in Open MPI's vector code on the place in the array. Here all orders of evaluation give the same
/// bits.
enum Extreme {
    case least, greatest

    /// What of two numbers is the extreme: the number beside NaN, and of zeros -0 for the least and +0 for the
    /// greatest.
    @inline(__always)
    func of<T: FloatingPoint>(_ a: T, _ b: T) -> T {
        let (isFirst, isSecond) = self == .least ? (a < b, b < a) : (a > b, b > a)
        // Two numbers of the same value differ at most in the sign of zero.
        let tied = (a.sign == .minus) == (self == .least) ? a : b
        let compared = isFirst ? a : isSecond ? b : tied
        // One NaN for all: they differ in bits that nobody looks at, but compares.
        return a != a ? (b != b ? .nan : b) : b != b ? a : compared
    }

    /// As an operation on a type that MPI does not know.
    func operation<T: MPINumber & FloatingPoint>(on type: T.Type) -> Any {
        Reduction<T>(kind: .custom({ of($0, $1) }, .exact))
    }

    /// Makes MPI's handles, when MPI is started: later it may be another thread's turn.
    static func begin() { _ = [leastFloat, leastDouble, greatestFloat, greatestDouble] }

    /// MPI's handle for it on one of MPI's two types; the null handle, which MPI refuses, when it makes none.
    @inline(__always)
    func handle(on datatype: DatatypeHandle) -> OperationHandle {
        switch (self, datatype == cmpi_float()) {
        case (.least, true): Self.leastFloat.handle
        case (.least, false): Self.leastDouble.handle
        case (.greatest, true): Self.greatestFloat.handle
        case (.greatest, false): Self.greatestDouble.handle
        }
    }

    private static let leastFloat = Made { left, right, count, _ in
        Extreme.least.combine(Float.self, left, right, count)
    }
    private static let leastDouble = Made { left, right, count, _ in
        Extreme.least.combine(Double.self, left, right, count)
    }
    private static let greatestFloat = Made { left, right, count, _ in
        Extreme.greatest.combine(Float.self, left, right, count)
    }
    private static let greatestDouble = Made { left, right, count, _ in
        Extreme.greatest.combine(Double.self, left, right, count)
    }

    private typealias Callback =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?,
            UnsafeMutablePointer<DatatypeHandle>?
        ) -> Void

    /// Unchecked, because MPI is used by one thread at a time.
    private struct Made: @unchecked Sendable {
        let handle: OperationHandle

        init(_ callback: Callback) {
            var operation = cmpi_op_null()
            handle = MPI_Op_create(callback, 1, &operation) == MPI_SUCCESS ? operation : cmpi_op_null()
        }
    }

    @inline(__always)
    private func combine<T: FloatingPoint>(
        _ type: T.Type, _ left: UnsafeMutableRawPointer?, _ right: UnsafeMutableRawPointer?,
        _ count: UnsafeMutablePointer<Int32>?
    ) {
        guard let left, let right, let count else { return }
        let (a, b) = (left.assumingMemoryBound(to: T.self), right.assumingMemoryBound(to: T.self))
        for index in 0..<Int(count.pointee) { b[index] = of(a[index], b[index]) }
    }
}
