import PhotozMetrics
import Testing

/// How often the ranks add up numbers, and how many at a time.
@Suite struct ReductionTests {
    /// What a job asks for: metrics, bins of two redshifts and of magnitude, and the counts of flags. Two reductions
    /// find the edges of bins, at most five each the quartiles and the median deviations, and one what errors are
    /// made of.
    static let most = 13

    private struct Evaluated {
        let evaluation: Evaluation
        var reductions: [Int] = []
    }

    private func evaluate(_ sample: SampleRedshifts, _ magnitudes: [Float]) -> Evaluated {
        let memory = UnsafeMutableBufferPointer<Int64>.allocate(
            capacity: Evaluation.numberCount(quantities: 3, counts: 21))
        defer { memory.deallocate() }
        var reductions: [Int] = []
        let evaluation = Evaluation(
            sample, binnedBy: [sample.predicted, sample.spectroscopic, magnitudes], counts: Array(0..<21),
            SumOverRanks(in: memory) { reductions.append($0) })
        return Evaluated(evaluation: evaluation, reductions: reductions)
    }

    private func magnitudes(_ sample: SampleRedshifts) -> [Float] {
        sample.spectroscopic.indices.map { 14 + Float($0 % 97) / 13 }
    }

    @Test(arguments: [0, 1, 2, 100, 4000, 300_000]) func aSurveyTakesThirteenAtMost(count: Int) {
        let sample = SampleRedshifts.survey(count)
        let found = evaluate(sample, magnitudes(sample))
        #expect(found.reductions.count <= Self.most, "\(found.reductions)")
        #expect(found.evaluation.counts == Array(0..<21))
        #expect(count == 0 || found.evaluation.bins.allSatisfy { !$0.isEmpty })
        // 5.6 MB are the most that is usual; the largest are those of the quartiles and the edges.
        #expect(found.reductions.allSatisfy { $0 < 700_000 }, "\(found.reductions)")
    }

    @Test func wildRedshiftsTakeThirteenAtMost() {
        for count in [1, 3, 50, 5000] {
            let sample = SampleRedshifts.wild(count)
            let found = evaluate(sample, sample.predicted)
            #expect(found.reductions.count <= Self.most, "\(found.reductions)")
        }
    }

    /// Three clusters of differences in every bin, as wide as a prediction is rounded: the quartiles lie in their midst
    /// and need all five rounds, and so do the median deviations.
    @Test func differencesThatHardlyDifferTakeThirteenAndFitInTheMemory() {
        var random = SplitMix(state: 10)
        var sample = SampleRedshifts()
        for index in 0..<200_000 {
            let redshift = Float.random(in: 0...0.75, using: &random)
            let relative = [-0.2, 0.1, 0.4][index % 3]
            sample.spectroscopic.append(redshift)
            sample.predicted.append(Float(Double(redshift) + relative * (1 + Double(redshift))))
        }
        let found = evaluate(sample, magnitudes(sample))
        #expect(found.reductions.count == Self.most, "\(found.reductions)")
        #expect(found.evaluation.metrics.byName == plainMetrics(sample))
    }

    /// Copies of a few galaxies, as where many partitions are links to one file, are found as soon as they are alone.
    @Test func copiesOfAFewGalaxiesTakeNoMore() {
        let few = SampleRedshifts.survey(50)
        let many = few.picked((0..<20_000).map { $0 % 50 })
        let found = evaluate(many, magnitudes(many))
        #expect(found.reductions.count <= Self.most, "\(found.reductions)")
        #expect(found.reductions.allSatisfy { $0 < 700_000 }, "\(found.reductions)")
        #expect(found.evaluation.metrics.byName == plainMetrics(many))
    }

    /// Without spectroscopic redshifts the caller's counts are added up all the same.
    @Test func countsOfAllRanksAreAddedUp() {
        let found = SimulatedRanks.run(3) { rank, sum in
            Evaluation(SampleRedshifts(), counts: [rank, 100 * rank, -1], sum).counts
        }
        #expect(found == Array(repeating: [3, 300, -3], count: 3))
    }
}
