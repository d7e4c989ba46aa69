import Collectives

/// What peers reduce with: one of FMI's operations or a function, with what it is declared as.
struct FMIFunction<Number: MPINumber> {
    let name: String
    let operation: Reduction<Number>
    let combine: (Number, Number) -> Number

    /// FMI's operations, and functions with every declaration that is true of them: what is declared as neither, or as
    /// only one of both, goes strictly in rank order.
    static func declared(inOrder ordered: KeyValuePairs<String, (Number, Number) -> Number>) -> [FMIFunction] {
        let free: KeyValuePairs<String, (Number, Number) -> Number> = [
            "a + b": { $0 + $1 }, "the larger one": { Swift.max($0, $1) },
        ]
        let operations: [FMIFunction] = [
            FMIFunction(name: "sum", operation: .sum, combine: +),
            FMIFunction(name: "prod", operation: .product, combine: *),
            FMIFunction(name: "max", operation: .max, combine: { Swift.max($0, $1) }),
            FMIFunction(name: "min", operation: .min, combine: { Swift.min($0, $1) }),
        ]
        return operations + free.map { custom($0, (true, true), $1) }
            + [(false, false), (true, false), (false, true)].flatMap { flags in
                (Array(free) + Array(ordered)).map { custom($0, flags, $1) }
            }
    }

    private static func custom(
        _ name: String, _ flags: (commutative: Bool, associative: Bool),
        _ combine: @escaping (Number, Number) -> Number
    ) -> FMIFunction {
        FMIFunction(
            name: "\(name), \(flags)",
            operation: .custom(commutative: flags.commutative, associative: flags.associative, combine),
            combine: combine)
    }
}
