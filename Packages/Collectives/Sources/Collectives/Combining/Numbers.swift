import CMPI

// Inlined, so that what Swift combines is compiled for the type: see ``Reduction/loop(_:)``.

extension Reduction where Element: MPINumber {
    /// The sum. Integers wrap around.
    @inlinable
    public static var sum: Reduction { known(.sum) ?? wrapping(.sum) ?? own(+) }
    /// The product. Integers wrap around.
    @inlinable
    public static var product: Reduction { known(.product) ?? wrapping(.product) ?? own(*) }
    /// The smallest value. NaN loses against every number, so that it is the result only where all ranks have it; -0 is
    /// smaller than +0.
    @inlinable
    public static var min: Reduction { known(.min) ?? extreme(.least) ?? own { Swift.min($0, $1) } }
    /// The largest value. NaN loses against every number, so that it is the result only where all ranks have it; +0 is
    /// larger than -0.
    @inlinable
    public static var max: Reduction { known(.max) ?? extreme(.greatest) ?? own { Swift.max($0, $1) } }

    /// Swift's operation. No order of evaluation changes what integers give.
    @inlinable
    static func own(_ combine: @escaping (Element, Element) -> Element) -> Reduction {
        Reduction(loop(combine), isExact: Element.self is any FixedWidthInteger.Type)
    }
}

extension Reduction where Element: MPINumber & FixedWidthInteger {
    /// The sum, which wraps around.
    @inlinable
    public static var sum: Reduction { known(.sum) ?? own(&+) }
    /// The product, which wraps around.
    @inlinable
    public static var product: Reduction { known(.product) ?? own(&*) }
    /// And, bit by bit.
    @inlinable
    public static var and: Reduction { known(.and) ?? own(&) }
    /// Or, bit by bit.
    @inlinable
    public static var or: Reduction { known(.or) ?? own(|) }
    /// Exclusive or, bit by bit: a bit that an odd number of ranks has.
    @inlinable
    public static var xor: Reduction { known(.xor) ?? own(^) }
}

extension Reduction where Element: MPINumber & FloatingPoint {
    /// The smallest value. NaN loses against every number, so that it is the result only where all ranks have it; -0 is
    /// smaller than +0.
    @inlinable
    public static var min: Reduction { known(.min) ?? own { Extreme.least.of($0, $1) } }
    /// The largest value. NaN loses against every number, so that it is the result only where all ranks have it; +0 is
    /// larger than -0.
    @inlinable
    public static var max: Reduction { known(.max) ?? own { Extreme.greatest.of($0, $1) } }
}

extension Reduction where Element == Bool {
    /// Whether all are true.
    public static var and: Reduction { asBytes(.and) }
    /// Whether any is true.
    public static var or: Reduction { asBytes(.or) }
    /// Whether an odd number is true.
    public static var xor: Reduction { asBytes(.xor) }

    /// As bytes, which are 0 and 1 in Swift: bits give what the values would.
    private static func asBytes(_ operation: NumberOperation) -> Reduction {
        Reduction(kind: .native(operation.handle, cmpi_uint8(), isExact: true))
    }
}

/// What MPI has a name for.
@usableFromInline
enum NumberOperation {
    case sum, product, min, max, and, or, xor

    fileprivate var handle: OperationHandle {
        switch self {
        case .sum: cmpi_sum()
        case .product: cmpi_product()
        case .min: cmpi_min()
        case .max: cmpi_max()
        case .and: cmpi_and()
        case .or: cmpi_or()
        case .xor: cmpi_xor()
        }
    }
}

extension Reduction where Element: MPINumber {
    /// On a type that MPI knows: its own operation, or ours where that is at fault; nil for another type, and where
    /// there is none of ours.
    @usableFromInline
    static func known(_ operation: NumberOperation) -> Reduction? {
        guard let type = Element.knownDatatype else { return nil }
        switch operation {
        case .sum where type.isSaturated: return Reduction(kind: .wrappingSum(type.handle))
        case .min where type.isFloatingPoint: return Reduction(kind: .extreme(.least, type.handle))
        case .max where type.isFloatingPoint: return Reduction(kind: .extreme(.greatest, type.handle))
        case .min where type.isMisread, .max where type.isMisread: return nil
        default: return Reduction(kind: .native(operation.handle, type.handle, isExact: !type.isFloatingPoint))
        }
    }

    // Where the compiler sees neither integers nor floating-point numbers, the type itself is asked.

    /// Swift's own operators trap where integers do not fit; nil for other types.
    @usableFromInline
    static func wrapping(_ operation: NumberOperation) -> Reduction? {
        guard let type = Element.self as? any (MPINumber & FixedWidthInteger).Type else { return nil }
        return operation.wrapping(type) as? Reduction
    }

    /// Nil for types that have no NaN.
    @usableFromInline
    static func extreme(_ extreme: Extreme) -> Reduction? {
        guard let type = Element.self as? any (MPINumber & FloatingPoint).Type else { return nil }
        return extreme.operation(on: type) as? Reduction
    }
}

extension NumberOperation {
    fileprivate func wrapping<T: MPINumber & FixedWidthInteger>(_ type: T.Type) -> Any {
        self == .sum ? Reduction<T>.sum : Reduction<T>.product
    }
}

extension Extreme {
    fileprivate func operation<T: MPINumber & FloatingPoint>(on type: T.Type) -> Any {
        self == .least ? Reduction<T>.min : Reduction<T>.max
    }
}
