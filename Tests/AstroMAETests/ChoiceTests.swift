import AstroMAE
import Testing

/// Which of the ways of computing a precision is taken.
@Suite struct ChoiceTests {
    @Test(arguments: InstructionSet.available.indices, Precision.allCases)
    func theFirstWayIsThePlainestUnlessAnotherIsClearlyFaster(set: Int, precision: Precision) {
        let set = InstructionSet.available[set]
        let ways = set.ways(for: precision)
        #expect(!ways[0].usesTiles && ways[0].level <= set.level)
        #expect(precision != .float32 || ways.count == 1)
        #expect(set.usesTiles == false || precision == .float32 || ways.last?.usesTiles == true)
        for (index, way) in ways.enumerated() {
            func speeds(_ own: Double) -> [Double] { ways.indices.map { $0 == index ? own : 100 } }
            #expect(InstructionSet.fastest(of: ways, speeds(104)).isSameWay(as: ways[0]))
            #expect(InstructionSet.fastest(of: ways, speeds(106)).isSameWay(as: way))
        }
    }

    @Test func everyLevelMultipliesAsItShould() {
        #expect(InstructionSet.faulty.isEmpty && !InstructionSet.available.isEmpty)
    }
}
