import CMPI

/// The smallest and the largest of floating-point numbers, NaN and zeros of both signs included.
///
/// MPI's own operations compare as C does: what becomes of NaN, and of zeros, then depends on which of the two values
/// comes first, and in Open MPI's vector code on the place in the array. Here all orders of evaluation give the same
/// bits.
@usableFromInline
enum Extreme {
    case least, greatest

    /// What of two numbers is the extreme: the number beside NaN, and of zeros -0 for the least and +0 for the
    /// greatest.
    @inlinable @inline(__always)
    func of<T: FloatingPoint>(_ a: T, _ b: T) -> T {
        let (isFirst, isSecond) = self == .least ? (a < b, b < a) : (a > b, b > a)
        // Two numbers of the same value differ at most in the sign of zero.
        let tied = (a.sign == .minus) == (self == .least) ? a : b
        let compared = isFirst ? a : isSecond ? b : tied
        // One NaN for all: they differ in bits that nobody looks at, but compares.
        return a != a ? (b != b ? .nan : b) : b != b ? a : compared
    }

    /// MPI's handle for it on one of MPI's two types.
    @inline(__always)
    func handle(on datatype: DatatypeHandle) -> OperationHandle {
        switch (self, datatype == cmpi_float()) {
        case (.least, true): MadeOperation.leastFloat.handle
        case (.least, false): MadeOperation.leastDouble.handle
        case (.greatest, true): MadeOperation.greatestFloat.handle
        case (.greatest, false): MadeOperation.greatestDouble.handle
        }
    }
}
