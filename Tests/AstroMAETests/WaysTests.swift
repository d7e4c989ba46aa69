import AstroMAE
import TestSupport
import Testing

/// Levels that can compute a precision in more than one way.
@Suite(.serialized) struct WaysTests {
    /// Ranks of a job may be resumed, or joined by others, that take another way.
    @Test(arguments: GoldenTests.sets, [Precision.bfloat16, .int8])
    func allWaysHaveTheSameBits(set: Int, precision: Precision) throws {
        let ways = InstructionSet.available[set].ways(for: precision)
        let redshifts = try ways.map { way in
            let network = try PreparedNetwork(WeightsFile(Repository.weights), precision, for: way)
            return try Golden().predict(Engine(network), batch: 64).map(\.bitPattern)
        }
        for (way, bits) in zip(ways, redshifts) {
            let isSame = bits == redshifts[0]
            #expect(isSame, "\(way), bfloat16 \(way.bfloat16Products)")
        }
    }

    @Test(arguments: GoldenTests.sets) func float32HasOneWay(set: Int) {
        #expect(InstructionSet.available[set].ways(for: .float32).count == 1)
    }

    @Test(arguments: GoldenTests.sets) func theFirstWayUnlessAnotherIsClearlyFaster(set: Int) {
        let ways = InstructionSet.available[set].ways(for: .bfloat16)
        guard ways.count > 1 else { return }
        for (speeds, place) in [([100.0, 90], 0), ([100, 104], 0), ([100, 106], 1), ([70, 140], 1), ([0, 0], 0)] {
            #expect(InstructionSet.fastest(of: ways, speeds).isSameWay(as: ways[place]), "\(speeds)")
        }
        #expect(InstructionSet.speeds(of: ways).allSatisfy { $0 > 1e8 })
    }

    @Test func everyLevelHasAName() {
        for set in InstructionSet.available {
            #expect(InstructionSet.widest(upTo: InstructionSet.names[set.level]).isSameWay(as: set))
        }
        #expect(InstructionSet.widest(upTo: "another").isSameWay(as: .widest))
    }
}
