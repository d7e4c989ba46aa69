import Collectives
import FoundationEssentials
import PhotozDistributions
import PhotozMachine
import PhotozText
import Survey

/// How many galaxies were stacked, and how many were not.
struct NzCounts {
    /// Rows of the file.
    var galaxies = 0
    /// Left out because they have no distribution, or no redshift to be dealt by.
    var without = 0
    /// Left out by their flags.
    var flagged = 0
    /// In none of the bins.
    var outside = 0

    var numbers: [Int64] { [galaxies, without, flagged, outside].map(Int64.init) }

    init() {}

    init(_ numbers: [Int64]) {
        let numbers = numbers.map { Int($0) }
        (galaxies, without, flagged, outside) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }
}

/// `photoz nz`: stacks redshift distributions in tomographic bins. Each rank reads its share of the rows, a few
/// megabytes at a time; the result has the same bytes for any number of ranks.
package struct Nz {
    private let options: NzOptions
    private let world: Communicator

    /// - Parameters:
    ///   - options: What to do; the same on every rank.
    ///   - world: All ranks.
    package init(_ options: NzOptions, world: Communicator) {
        (self.options, self.world) = (options, world)
    }

    /// The most memory that a stack may take on a rank, bytes.
    private static let mostMemory = 1 << 29

    /// Stacks the distributions; every rank calls it.
    ///
    /// - Returns: On rank 0 a text for people.
    /// - Throws: Whatever stops this rank; the file stands under its name only when it is whole.
    package func run() throws -> String? {
        let path = try DistributionFile.path(of: options.source)
        let output = options.output ?? folder(of: path) + "/nz.hdf5"
        if world.rank == 0 {
            guard output != path else { throw JobError(.outputRefused, "\(output): holds the distributions") }
            try NzFile.own.requireReplaceable(output)
        }
        var stack = try emptyStack()
        let source = try open(path)
        let rows = Sharding.part(world.rank, of: world.size, count: source.rows)
        let bins = try tomography(source, rows)
        var counts = NzCounts()
        var failure: (order: Int, error: any Error)?
        do { try add(rows, of: source, to: &stack, bins, &counts) } catch { failure = (error.row, error.error) }
        try world.throwFirst(failure)
        let sums = try world.reduce(stack.numbers, .sum, root: 0)
        let totals = try world.reduce(counts.numbers, .sum, root: 0)
        guard let sums, let totals else { return nil }
        stack.numbers = sums
        let found = try file(stack, bins, NzCounts(totals), source)
        try found.write(to: output)
        return found.summary(output)
    }

    /// A stack without galaxies.
    ///
    /// - Throws: ``JobError`` with code 64 for one that takes too much memory.
    private func emptyStack() throws(JobError) -> Stack {
        let parts = options.resamples > 0 ? StackErrors.partCount : 1
        let edges = options.form.edges(of: options.grid)
        guard options.bins.count * parts * edges.count * 8 <= Self.mostMemory else {
            throw JobError(
                .wrongUsage,
                "\(options.bins.count) bins on a grid of \(options.grid.count) points take more memory than \(megabytes(Self.mostMemory)) on each rank; ask for fewer, or for --bootstrap 0"
            )
        }
        return Stack(edges: edges, bins: options.bins.count, parts: parts, seed: options.seed)
    }

    private func open(_ path: String) throws -> DistributionFile {
        var (source, failure): (DistributionFile?, (any Error)?) = (nil, nil)
        do {
            let file = try DistributionFile(
                path, estimate: options.estimate, needsFlags: !options.leftOut.isEmpty)
            guard file.rows > 0 else { throw JobError(.badData, "\(path): holds no galaxies") }
            source = file
        } catch { failure = error }
        try world.throwFirst(failure.map { (world.rank, $0) })
        guard let source else { preconditionFailure("neither a file nor a failure") }
        return source
    }

    private func tomography(_ source: DistributionFile, _ rows: Range<Int>) throws -> TomographicBins {
        switch options.bins {
        case .edges(let edges): return TomographicBins(edges: edges)
        case .equal(let count):
            let step = 1 << 16
            let chunks = stride(from: rows.lowerBound, to: rows.upperBound, by: step)
            return try TomographicBins(equal: count, of: source.path, on: world, chunks: chunks) { first in
                let part = first..<min(first + step, rows.upperBound)
                return try source.estimates(part, leavingOut: options.leftOut).redshifts
            }
        }
    }

    /// A failure at a row.
    private struct AtRow: Error {
        let row: Int
        let error: any Error
    }

    /// Adds rows to the stack.
    private func add(
        _ rows: Range<Int>, of source: DistributionFile, to stack: inout Stack, _ bins: TomographicBins,
        _ counts: inout NzCounts
    ) throws(AtRow) {
        var distribution = PiecewiseCumulative()
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: source.step) {
            var row = first
            do {
                let part = first..<min(first + source.step, rows.upperBound)
                let estimates = try source.estimates(part, leavingOut: options.leftOut)
                counts.galaxies += part.count
                // Those have no redshift any more, and are counted below as without one.
                counts.flagged += estimates.flagged
                counts.without -= estimates.flagged
                try source.read(part) { index, values in
                    row = index
                    let redshift = estimates.redshifts[index - first]
                    guard try distribution.take(values, source.form), redshift.isFinite else {
                        counts.without += 1
                        return
                    }
                    guard let bin = bins.bin(of: redshift) else {
                        counts.outside += 1
                        return
                    }
                    stack.add(distribution, row: index, to: bin)
                }
            } catch let fault as RowFault {
                let words = "\(source.path): row \(row) of the distributions \(fault.reason); write the file again"
                throw AtRow(row: row, error: JobError(.badData, words))
            } catch {
                throw AtRow(row: row, error: error)
            }
        }
    }

    /// On rank 0, what goes into the file.
    ///
    /// - Throws: ``JobError`` with code 65 for a bin without galaxies.
    private func file(
        _ stack: Stack, _ bins: TomographicBins, _ counts: NzCounts, _ source: DistributionFile
    ) throws -> NzFile {
        let all = stack.withAll
        let once = [Int64](repeating: 1, count: all.parts)
        let draws = StackErrors.draws(parts: all.parts, resamples: options.resamples, seed: options.seed)
        let stacked = try (0..<all.bins).map { bin -> (stack: StackedBin, errors: StackErrors?) in
            let sum = all.sum(of: bin, weights: once)
            guard sum.galaxies > 0 else {
                let (lower, upper) = (bins.edges[bin], bins.edges[bin + 1])
                throw JobError(
                    .badData,
                    "\(source.path): no galaxy with a distribution has a \(options.estimate.rawValue) from \(lower) to \(upper); choose other bins"
                )
            }
            guard sum.outside < 1 else {
                throw JobError(
                    .badData,
                    "\(source.path): the distributions of bin \(bin) lie outside of the grid \(options.grid); choose a wider one with --grid"
                )
            }
            return (stack: sum, errors: options.resamples > 0 ? StackErrors(of: bin, in: all, draws) : nil)
        }
        let names = ["photoz_version", "weights_sha256", "precision", "instruction_set", "calibration_sha256"]
        return NzFile(
            bins: stacked, edges: bins.edges, options: options, counts: counts,
            provenance: names.compactMap { name in source.text(name).map { (name, $0) } })
    }
}
