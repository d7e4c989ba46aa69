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
            let total = starts.last ?? 0
            let (share, rest) = total.quotientAndRemainder(dividingBy: worldSize)
            let first = rank * share + min(rank, rest)
            return first..<first + share + (rank < rest ? 1 : 0)
        case .files:
            let files = Self.files(of: rank, worldSize: worldSize, count: starts.count - 1)
            return starts[files.lowerBound]..<starts[files.upperBound]
        }
    }

    /// The partitions of `rank` when whole files are dealt, of `count` in all.
    public static func files(of rank: Int, worldSize: Int, count: Int) -> Range<Int> {
        // Dealing ceil(left / ranks left) to each in turn gives the first ranks one file more, as dealing rows does.
        let (share, rest) = count.quotientAndRemainder(dividingBy: worldSize)
        let first = rank * share + min(rank, rest)
        return first..<first + share + (rank < rest ? 1 : 0)
    }
}
