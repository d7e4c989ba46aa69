import AstroMAE
import Collectives

/// What all ranks compute with: on unlike nodes, results must not depend on who computes a galaxy.
extension Run {
    /// The widest instruction set that every rank's processor has, in the way that is the fastest for the slowest rank.
    /// Every rank calls it.
    func commonInstructionSet() throws -> InstructionSet {
        let common = try commonLevel()
        let ways = common.ways(for: options.precision)
        guard ways.count > 1 else { return ways[0] }
        var speeds = InstructionSet.speeds(of: ways, for: options.precision)
        try world.allReduce(inPlace: &speeds, .min)
        return InstructionSet.fastest(of: ways, speeds)
    }

    /// The widest level of all that every rank has; one may lack what lies between two levels of another.
    private func commonLevel() throws -> InstructionSet {
        let limit = options.instructionSet.map(InstructionSet.widest(upTo:)) ?? .widest
        let mine = InstructionSet.available.filter { $0.level <= limit.level }
        var has = InstructionSet.names.indices.map { level in mine.contains { $0.level == level } ? 1 : 0 }
        try world.allReduce(inPlace: &has, .min)
        return mine.last { has[$0.level] == 1 } ?? InstructionSet.available[0]
    }
}
