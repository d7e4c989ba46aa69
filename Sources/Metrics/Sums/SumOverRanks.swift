/// Numbers that the ranks add up, place by place: the memory where they stand, and the way to do it.
public struct SumOverRanks<Failure: Error> {
    private let memory: UnsafeMutableBufferPointer<Int64>
    private let add: (_ count: Int) throws(Failure) -> Void

    /// A sum over ranks.
    ///
    /// - Parameters:
    ///   - memory: Room for ``Evaluation/numberCount(quantities:counts:)`` numbers, untouched by others meanwhile.
    ///   - add: Replaces the first `count` numbers in the memory by their sums over all ranks (an allreduce). Called
    ///     equally often, with equal counts, on every rank. For a single process, one that does nothing.
    public init(
        in memory: UnsafeMutableBufferPointer<Int64>, _ add: @escaping (_ count: Int) throws(Failure) -> Void
    ) {
        self.memory = memory
        self.add = add
    }

    /// Adds up `count` numbers in one reduction: `fill` finds zeros and leaves those of this rank.
    ///
    /// - Returns: Those of all ranks, until the next sum.
    func callAsFunction(
        _ count: Int, _ fill: (UnsafeMutableBufferPointer<Int64>) -> Void
    ) throws(Failure) -> UnsafeMutableBufferPointer<Int64> {
        precondition(count <= memory.count, "no room for the numbers of a round")
        let numbers = UnsafeMutableBufferPointer(rebasing: memory[..<count])
        numbers.update(repeating: 0)
        fill(numbers)
        try add(count)
        return numbers
    }
}
