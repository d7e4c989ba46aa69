/// A value and the rank that has it.
public struct Located<Value: MPINumber>: BitwiseCopyable {
    /// The value.
    public var value: Value
    /// Where it is.
    public var rank: Int

    /// A value of a rank.
    @inlinable
    public init(_ value: Value, rank: Int) {
        self.value = value
        self.rank = rank
    }
}

extension Located {
    /// The same whichever is asked, so that the result does not depend on the order in which MPI compares.
    @inlinable
    func wins(over other: Located, isBetter: (Value, Value) -> Bool) -> Bool {
        if isBetter(value, other.value) { return true }
        if isBetter(other.value, value) { return false }
        // Equal, or one that compares with nothing, itself included.
        let (isNumber, otherIsNumber) = (value == value, other.value == other.value)
        return isNumber == otherIsNumber ? rank <= other.rank : isNumber
    }
}

extension Reduction {
    /// The smallest value and the lowest rank that has it. NaN loses against every number.
    @inlinable
    public static func minLocation<Value>() -> Reduction where Element == Located<Value> {
        Reduction(loop { $0.wins(over: $1, isBetter: <) ? $0 : $1 }, isExact: true)
    }

    /// The largest value and the lowest rank that has it. NaN loses against every number.
    @inlinable
    public static func maxLocation<Value>() -> Reduction where Element == Located<Value> {
        Reduction(loop { $0.wins(over: $1, isBetter: >) ? $0 : $1 }, isExact: true)
    }
}
