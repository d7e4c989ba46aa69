/// How a data set is dealt to ranks. Either way each rank gets one run of neighbouring galaxies, in data-set order.
public enum Sharding: String, Sendable, CaseIterable {
    /// Galaxies evenly over the whole data set, across file boundaries: rank loads differ by at most one galaxy.
    case rows
    /// Whole partitions in contiguous runs, as the serverless job deals them: rank k takes
    /// ceil(files left / ranks left) of the files that are left.
    case files

    /// The galaxies of `rank`, as a range of the data set's galaxies.
    ///
    /// - Parameters:
    ///   - partitionRows: Galaxies of each partition, in data-set order.
    ///   - rank: The rank, from 0.
    ///   - worldSize: The number of ranks.
    public func galaxies(of rank: Int, worldSize: Int, partitionRows: [Int]) -> Range<Int> {
        switch self {
        case .rows:
            let total = partitionRows.reduce(0, +)
            let (share, rest) = total.quotientAndRemainder(dividingBy: worldSize)
            let first = rank * share + min(rank, rest)
            return first..<first + share + (rank < rest ? 1 : 0)
        case .files:
            let files = Self.files(of: rank, worldSize: worldSize, count: partitionRows.count)
            let first = partitionRows[..<files.lowerBound].reduce(0, +)
            return first..<first + partitionRows[files].reduce(0, +)
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
