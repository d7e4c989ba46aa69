import CMPI

/// How two values become one in a reduction. Arrays are combined element by element.
public struct Operation<Element: BitwiseCopyable> {
    enum Kind {
        /// MPI's own operation on MPI's own type.
        case native(MPI_Op?, MPI_Datatype?)
        /// Any function; `isFree` when MPI may choose the order of evaluation.
        case custom((Element, Element) -> Element, isFree: Bool)
    }

    let kind: Kind

    /// A function of your own.
    ///
    /// Declared associative and commutative, it is evaluated in an order that MPI chooses, always the same for the same
    /// ranks. Otherwise it is evaluated strictly left to right in rank order: ((v0 op v1) op v2) op ...
    public static func custom(
        commutative: Bool, associative: Bool, _ combine: @escaping (Element, Element) -> Element
    ) -> Operation {
        Operation(kind: .custom(combine, isFree: commutative && associative))
    }
}

extension Operation where Element: MPINumber {
    /// The sum. Integers wrap around.
    public static var sum: Operation { wrappingSum ?? Operation(kind: .native(cmpi_sum(), Element.datatype)) }
    /// The product.
    public static var product: Operation { Operation(kind: .native(cmpi_product(), Element.datatype)) }
    /// The smallest value.
    public static var min: Operation { Operation(kind: .native(cmpi_min(), Element.datatype)) }
    /// The largest value.
    public static var max: Operation { Operation(kind: .native(cmpi_max(), Element.datatype)) }
}

extension Operation {
    /// Open MPI's vector code saturates sums of 8 and 16 bits, except in the elements that are left over at the end of an
    /// array: those sums are our own.
    fileprivate static var wrappingSum: Operation? {
        switch Element.self {
        case is Int8.Type: Operation<Int8>.ownSum as? Operation
        case is Int16.Type: Operation<Int16>.ownSum as? Operation
        case is UInt8.Type: Operation<UInt8>.ownSum as? Operation
        case is UInt16.Type: Operation<UInt16>.ownSum as? Operation
        default: nil
        }
    }
}

extension Operation where Element: FixedWidthInteger {
    fileprivate static var ownSum: Operation { .custom(commutative: true, associative: true, &+) }
}

extension Operation where Element: MPINumber & FixedWidthInteger {
    /// And, bit by bit.
    public static var and: Operation { Operation(kind: .native(cmpi_and(), Element.datatype)) }
    /// Or, bit by bit.
    public static var or: Operation { Operation(kind: .native(cmpi_or(), Element.datatype)) }
}

/// A value and the rank that has it.
public struct Located<Value: MPINumber>: BitwiseCopyable {
    /// The value.
    public var value: Value
    /// Where it is.
    public var rank: Int

    /// A value of a rank.
    public init(_ value: Value, rank: Int) {
        self.value = value
        self.rank = rank
    }
}

extension Located {
    /// The same whichever is asked, so that the result does not depend on the order in which MPI compares.
    fileprivate func wins(over other: Located, isBetter: (Value, Value) -> Bool) -> Bool {
        if isBetter(value, other.value) { return true }
        if isBetter(other.value, value) { return false }
        // Equal, or one that compares with nothing, itself included.
        let (isNumber, otherIsNumber) = (value == value, other.value == other.value)
        return isNumber == otherIsNumber ? rank <= other.rank : isNumber
    }
}

extension Operation {
    /// The smallest value and the lowest rank that has it. NaN loses against every number.
    public static func minLocation<Value>() -> Operation where Element == Located<Value> {
        .custom(commutative: true, associative: true) { $0.wins(over: $1, isBetter: <) ? $0 : $1 }
    }

    /// The largest value and the lowest rank that has it. NaN loses against every number.
    public static func maxLocation<Value>() -> Operation where Element == Located<Value> {
        .custom(commutative: true, associative: true) { $0.wins(over: $1, isBetter: >) ? $0 : $1 }
    }

    /// MPI's handles for this operation and its element type, to be freed after use; nil when MPI must not choose the order.
    @inline(__always)
    func handles() throws(CollectiveError) -> Handles? {
        switch kind {
        case .native(let operation, let datatype): Handles(operation: operation, datatype: datatype, isOwn: false)
        case .custom(_, isFree: false): nil
        case .custom(let combine, isFree: true): try Trampoline.handles(combine)
        }
    }

    /// Both values as one.
    func combine(_ a: [Element], _ b: [Element]) -> [Element] {
        guard case .custom(let function, _) = kind else { preconditionFailure("MPI combines its own operations") }
        return zip(a, b).map { function($0, $1) }
    }
}

/// Lets MPI call a Swift function. MPI's callback carries no context, so the function is kept here while a call runs; MPI
/// is used by one thread, and no such call starts another.
private enum Trampoline {
    nonisolated(unsafe) static var combine: (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) -> Void = {
        _, _, _ in
    }

    static func handles<T: BitwiseCopyable>(_ function: @escaping (T, T) -> T) throws(CollectiveError) -> Handles {
        var datatype: MPI_Datatype?
        try check(
            MPI_Type_contiguous(Int32(MemoryLayout<T>.stride), cmpi_byte(), &datatype), "MPI_Type_contiguous")
        try check(MPI_Type_commit(&datatype), "MPI_Type_commit")

        var operation: MPI_Op?
        let callback:
            @convention(c) (
                UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?,
                UnsafeMutablePointer<MPI_Datatype?>?
            ) -> Void = { left, right, count, _ in
                guard let left, let right, let count else { return }
                Trampoline.combine(left, right, Int(count.pointee))
            }
        try check(MPI_Op_create(callback, 1, &operation), "MPI_Op_create")
        combine = { left, right, count in
            let (a, b) = (left.assumingMemoryBound(to: T.self), right.assumingMemoryBound(to: T.self))
            for index in 0..<count { b[index] = function(a[index], b[index]) }
        }
        return Handles(operation: operation, datatype: datatype, isOwn: true)
    }
}

/// An operation and its element type as MPI knows them.
struct Handles {
    let operation: MPI_Op?
    let datatype: MPI_Datatype?
    /// They were made for one call.
    let isOwn: Bool

    /// MPI keeps what an operation that is still pending needs.
    @inline(__always)
    func free() {
        if isOwn { freeOwn() }
    }

    private func freeOwn() {
        var (operation, datatype) = (operation, datatype)
        MPI_Op_free(&operation)
        MPI_Type_free(&datatype)
        Trampoline.combine = { _, _, _ in }
    }
}
