import Collectives
import PhotozMachine
import PhotozMetrics

/// Tomographic bins: an edge belongs to the bin above it, the last one to the last bin.
struct TomographicBins {
    /// Ascending, two at least.
    let edges: [Double]

    var count: Int { edges.count - 1 }

    /// The bin of a redshift; nil for one outside of all, and for what is none.
    func bin(of redshift: Float) -> Int? {
        let redshift = Double(redshift)
        guard redshift >= edges[0], redshift <= edges[count] else { return nil }
        var (low, high) = (0, count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if redshift >= edges[middle] { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

extension TomographicBins {
    /// Bins with equally many galaxies of all ranks, within one where no two redshifts are equal: their edges are
    /// redshifts of galaxies, found without gathering any. Every rank calls it.
    ///
    /// - Parameters:
    ///   - count: How many bins.
    ///   - source: The distributions' file, for messages.
    ///   - world: All ranks.
    ///   - chunks: Where each chunk of this rank's rows begins.
    ///   - redshifts: Those of a chunk, the same each time.
    /// - Throws: ``JobError`` with code 65 where equal redshifts leave a bin empty.
    init(
        equal count: Int, of source: String, on world: Communicator, chunks: StrideTo<Int>,
        _ redshifts: (_ first: Int) throws -> [Float]
    ) throws {
        let digits = [11, 11, 10]
        var selection = RadixSelection(groups: 1, digits: digits) { galaxies in
            (0..<count).map { $0 * galaxies / count } + [galaxies - 1]
        }
        let sums = try AgreedBuffer<Int64>(
            count: RadixSelection.largestNumberCount(groups: 1, digits: digits, places: count + 1), on: world)
        var extra: [Int64] = []
        var failure: (any Error)?
        try selection.run(
            with: &extra,
            SumOverRanks(in: sums.elements) { count throws(CollectiveError) in try sums.allReduce(.sum, first: count) }
        ) { body in
            do {
                for first in chunks {
                    for redshift in try redshifts(first) where redshift.isFinite { body(redshift.orderedBits, 0) }
                }
            } catch { failure = error }
        }
        try world.throwFirst(failure.map { (world.rank, $0) })
        let edges = selection.keys(of: 0).map { Double(Float(orderedBits: $0)) }
        guard !edges.isEmpty, zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw JobError(
                .badData,
                "\(source): \(selection.counts[0]) galaxies with a redshift cannot be dealt to \(count) equal bins, since too many have the same; ask for fewer, or give edges with --bins"
            )
        }
        self.edges = edges
    }
}
