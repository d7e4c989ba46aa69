/// How a data set is dealt to ranks. Either way each rank gets one span of neighbouring galaxies, in data-set order.
public enum Sharding: String, Sendable, CaseIterable {
    /// Galaxies evenly over the whole data set, across file boundaries: rank loads differ by at most one galaxy.
    case rows
    /// Whole partitions in contiguous runs, as the serverless job deals them: rank k takes
    /// ceil(files left / ranks left) of the files that are left.
    case files

    /// The galaxies of `rank`, as a range of the data set's galaxies.
    ///
    /// - Parameters:
    ///   - rank: The rank, from 0.
    ///   - worldSize: The number of ranks.
    ///   - starts: The first galaxy of each partition, and behind the last how many galaxies there are.
    public func galaxies<Starts: RandomAccessCollection<Int>>(
        of rank: Int, worldSize: Int, starts: Starts
    ) -> Range<Int> where Starts.Index == Int {
        switch self {
        case .rows:
            return Self.part(rank, of: worldSize, count: starts.last ?? 0)
        case .files:
            let files = Self.part(rank, of: worldSize, count: starts.count - 1)
            return starts[files.lowerBound]..<starts[files.upperBound]
        }
    }

    /// One of several parts of things in order: neighbours, and as many as in any other part, or one more in the first
    /// ones. Dealing ceil(left / parts left) to each in turn gives the same.
    ///
    /// - Parameters:
    ///   - number: Which part, from 0.
    ///   - parts: How many there are.
    ///   - count: Things in all.
    public static func part(_ number: Int, of parts: Int, count: Int) -> Range<Int> {
        let (share, rest) = count.quotientAndRemainder(dividingBy: parts)
        let first = number * share + min(number, rest)
        return first..<first + share + (number < rest ? 1 : 0)
    }
}
