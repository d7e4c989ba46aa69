import AstroMAE
import Collectives
import PhotozMachine
import PhotozText

/// What a run tells of itself before it predicts anything.
struct RunHeader {
    let galaxies: Int
    let partitions: Int
    /// Galaxies that earlier attempts have predicted.
    let resumed: Int
    let ranks: Int
    let hosts: Int
    /// The fewest and the most that a rank has.
    let threads: ClosedRange<Int>
    let instructionSet: InstructionSet
    let precision: Precision
    /// The weights file.
    let weights: String
    let label: WeightsLabel
    /// Whether a host has more ranks than cores.
    let isCrowded: Bool

    /// Lines for standard output, each of them ended.
    var text: String {
        let few = "\(threads.lowerBound)"
        let each =
            threads.count > 1
            ? "\(few) to \(threads.upperBound) threads" : counted(threads.lowerBound, "thread", "threads")
        let place = "\(counted(ranks, "rank", "ranks"))\(hosts > 1 ? " on \(hosts) hosts" : "") with \(each)"
        let lines = [
            "\(counted(galaxies, "galaxy", "galaxies")) in \(counted(partitions, "partition", "partitions")), "
                + "\(place)\(ranks > 1 ? " each" : ""), \(instructionSet), \(precision.rawValue)",
            resumed > 0 ? "Going on with a run that was stopped: \(resumed) of the galaxies are done" : nil,
            "Weights: \(weights): \(label.shortDescription ?? "the file does not say what they are")",
            label.demonstration.map(demonstrationNotice),
            isCrowded
                ? "A host has more ranks than cores for them, so that they wait for each other: one rank a core is fastest"
                : nil,
        ]
        return lines.compactMap(\.self).map { $0 + "\n" }.joined()
    }
}

extension WeightsLabel {
    /// The description without what only a program compares: clauses with a SHA-256, which `photoz inspect` prints.
    var shortDescription: String? {
        guard let description else { return nil }
        let clauses = description.split(separator: ";").filter { $0.firstMatch(of: #/[0-9a-f]{64}/#) == nil }
        return clauses.isEmpty ? description : clauses.joined(separator: ";")
    }
}

extension Run {
    /// Rank 0 tells what is about to be done. Every rank calls it, when all are ready to predict.
    func sayWhatIsDone(
        _ plan: RunPlan, _ network: PreparedNetwork, _ finished: FinishedGalaxies, _ nodes: Nodes
    ) throws {
        var extremes = [options.threads, -options.threads]
        try world.allReduce(inPlace: &extremes, .max)
        guard world.rank == 0, !options.quiet, let leaders = nodes.leaders else { return }
        let header = RunHeader(
            galaxies: plan.dataSet.rows, partitions: plan.dataSet.partitions.count, resumed: finished.count,
            ranks: world.size, hosts: leaders.size, threads: -extremes[1]...extremes[0],
            instructionSet: network.instructionSet, precision: options.precision, weights: options.weights,
            label: weightsLabel, isCrowded: isCrowded)
        // Who cannot be told now cannot be told the summary either, and that is an error.
        tryToWriteAll(Array(header.text.utf8), to: 1)
    }
}

/// A number of things in words.
func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
