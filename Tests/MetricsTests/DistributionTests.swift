import PhotozMetrics
import Testing

/// The metrics do not depend on the number of ranks, nor on how galaxies are dealt and ordered.
@Suite struct DistributionTests {
    static let worldSizes = [1, 2, 3, 7, 64]

    /// Deals the galaxies with a function from a galaxy's place to its rank, and expects the same metrics everywhere.
    static func expectSame(_ sample: SampleRedshifts, on size: Int, dealt: @Sendable @escaping (Int) -> Int) {
        let single = RedshiftMetrics(sample)
        let all = SimulatedRanks.run(size) { rank, sum in
            let mine = sample.picked(sample.predicted.indices.filter { dealt($0) == rank })
            return Evaluation(mine, sum).metrics
        }
        #expect(all == Array(repeating: single, count: size))
        #expect(single.byName == plainMetrics(sample))
    }

    @Test(arguments: worldSizes) func contiguousRuns(size: Int) {
        Self.expectSame(.survey(20_011), on: size) { $0 * size / 20_011 }
    }

    @Test(arguments: worldSizes) func roundRobin(size: Int) {
        Self.expectSame(.survey(20_011), on: size) { $0 % size }
    }

    @Test(arguments: worldSizes) func wildRedshifts(size: Int) {
        Self.expectSame(.wild(5000), on: size) { $0 % size }
    }

    @Test(arguments: worldSizes) func allOnTheLastRank(size: Int) {
        Self.expectSame(.survey(1000), on: size) { _ in size - 1 }
    }

    @Test(arguments: worldSizes) func fewerGalaxiesThanRanks(size: Int) {
        for count in 1...3 {
            Self.expectSame(.survey(count), on: size) { $0 % size }
        }
    }

    @Test(arguments: worldSizes) func noGalaxies(size: Int) {
        let all = SimulatedRanks.run(size) { _, sum in
            Evaluation(SampleRedshifts(), sum).metrics
        }
        #expect(all == Array(repeating: RedshiftMetrics(SampleRedshifts()), count: size))
    }

    @Test func theOrderOfGalaxiesDoesNotShow() {
        let sample = SampleRedshifts.survey(50_000)
        let expected = RedshiftMetrics(sample)
        var random = SplitMix(state: 8)
        let places = Array(sample.predicted.indices)
        #expect(RedshiftMetrics(sample.picked(places.reversed())) == expected)
        #expect(RedshiftMetrics(sample.picked(places.shuffled(using: &random))) == expected)
        #expect(
            RedshiftMetrics(sample.picked(places.sorted { sample.predicted[$0] < sample.predicted[$1] })) == expected)
    }

    @Test func anErrorOfTheReductionIsPassedOn() {
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            let memory = UnsafeMutableBufferPointer<Int64>.allocate(
                capacity: Evaluation.numberCount(quantities: 0, counts: 0))
            defer { memory.deallocate() }
            let broken = SumOverRanks(in: memory) { _ throws(Broken) in throw Broken() }
            _ = try Evaluation(predicted: [0.1], spectroscopic: [0.1], binnedBy: [], counts: [], bootstrap: nil, broken)
        }
    }
}
