import AstroMAE
import Collectives

/// Whether all ranks were told to do the same. A launcher can start several commands as one job, and hosts can have
/// different versions of the program: what the ranks then rely upon would differ without a word.
package enum SameCommand {
    /// What a rank was told, and what it is.
    private struct Told: Codable, Equatable {
        /// The program's version and the plainest instruction set that it was built for.
        let program: String
        /// The words behind each option, by its name; those before the first one have none.
        let options: [String: [String]]
    }

    /// Each rank may have its own: no number depends on these.
    private static let free: Set<String> = ["--threads"]

    /// Refuses a job whose ranks were given different commands. Every rank calls it, before anything else.
    ///
    /// - Parameters:
    ///   - arguments: The command line, with the program's name.
    ///   - version: The program's version.
    ///   - world: All ranks.
    /// - Throws: On every rank the same ``JobError`` with code 64, which names the option.
    package static func require(_ arguments: [String], version: String, on world: Communicator) throws {
        guard world.size > 1 else { return }
        let mine = Told(
            program: "\(version), \(InstructionSet.available[0])",
            options: options(Array(arguments.dropFirst())))
        let first = try world.broadcastValue(world.rank == 0 ? mine : nil)
        let odd = try world.allReduce(mine == first ? Int.max : world.rank, .min)
        guard odd < Int.max else { return }
        let texts = try world.gatherStrings(world.rank == odd ? difference(mine, first, rank: odd) : "")
        throw JobError(.wrongUsage, try world.broadcastValue(texts.map { $0[odd] }))
    }

    /// The options of a command line with their words.
    static func options(_ words: [String]) -> [String: [String]] {
        var options: [String: [String]] = [:]
        var name = ""
        for word in words {
            guard word.hasPrefix("--"), word.count > 2 else {
                options[name, default: []].append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            name = parts[0]
            options[name, default: []] += parts.dropFirst()
        }
        return options.filter { !free.contains($0.key) }
    }

    private static func difference(_ mine: Told, _ first: Told, rank: Int) -> String {
        guard mine.program == first.program else {
            return
                "rank \(rank) (\(MPI.processorName)) runs photoz \(mine.program) and rank 0 photoz \(first.program); start the same program everywhere"
        }
        func told(_ words: [String]?, _ name: String) -> String {
            guard let words else { return "no \(name)" }
            return ((name.isEmpty ? [] : [name]) + words).joined(separator: " ")
        }
        let names = Set(mine.options.keys).union(first.options.keys).sorted()
        let name = names.first { mine.options[$0] != first.options[$0] } ?? ""
        return
            "rank \(rank) was given \(told(mine.options[name], name)) and rank 0 \(told(first.options[name], name)); start all ranks with the same options"
    }
}
