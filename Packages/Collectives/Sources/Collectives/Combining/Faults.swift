/// What was wrong with the function of one operation, on this rank.
final class Faults {
    /// Of this process, in the communicator of the operation.
    let rank: Int
    private(set) var first: Fault?

    init(rank: Int = 0) { self.rank = rank }

    /// A function that has communicated may pass that error on.
    func keep(_ fault: Fault) { first = first ?? fault }
}

enum Fault {
    /// What it must not.
    case communicated(CollectiveError)
    case threw(any Error)

    /// A rank and the kind of its fault in one number, for other ranks: more than 0.
    func mark(of rank: Int) -> Int32 {
        if case .threw = self { Int32(2 * (rank + 1) + 1) } else { Int32(2 * (rank + 1)) }
    }

    /// The operation's error on one rank; nil where all is well.
    ///
    /// - Parameters:
    ///   - own: What was wrong there.
    ///   - found: The largest mark of any rank, or 0.
    static func error(_ own: Fault?, found: Int32, on rank: Int, _ routine: String) -> CollectiveError? {
        switch own {
        case .communicated(let error): return error
        case .threw(let error):
            return CollectiveError(
                .functionThrew(rank: rank), routine: routine, reason: "its function threw on rank \(rank): \(error)",
                cause: error)
        case nil: break
        }
        guard found > 0 else { return nil }
        let (other, hasThrown) = (Int(found / 2 - 1), found % 2 == 1)
        return CollectiveError(
            hasThrown ? .functionThrew(rank: other) : .misuse, routine: routine,
            reason: "its function failed on rank \(other), where the error says more"
                + (hasThrown ? "" : "; such a function must not communicate itself"))
    }
}
