import Foundation
import PhotozMetrics
import Testing

/// Metrics in bins against the plain definitions, bin by bin.
@Suite struct MetricsBinTests {
    private func bins(_ values: [Float], _ sample: SampleRedshifts) -> [MetricsBin] {
        Evaluation(
            predicted: sample.predicted, spectroscopic: sample.spectroscopic, binnedBy: [values], bootstrap: nil
        ).bins[0]
    }

    @Test(arguments: [1, 2, 7, 100, 1_000_000]) func everyBinHasThePlainMetricsOfItsGalaxies(count: Int) {
        let sample = SampleRedshifts.survey(count)
        let found = bins(sample.spectroscopic, sample)
        #expect(!found.isEmpty && found.count <= 22)
        for (index, bin) in found.enumerated() {
            let isLast = index == found.count - 1
            let members = sample.spectroscopic.indices.filter {
                let z = Double(sample.spectroscopic[$0])
                return z >= bin.lower && (isLast ? z <= bin.upper : z < bin.upper)
            }
            let mine = sample.picked(members)
            let expected =
                RedshiftMetrics(mine).count > 0 ? plainMetrics(mine) : RedshiftMetrics(SampleRedshifts()).byName
            #expect(bin.metrics.byName == expected, "\(bin.lower) to \(bin.upper)")
            #expect(isLast || bin.upper == found[index + 1].lower)
        }
        #expect(found.reduce(0) { $0 + $1.metrics.count } == RedshiftMetrics(sample).count)
    }

    @Test func edgesAreRoundNumbers() {
        let redshifts = (0...1000).map { Float($0) / 2000 }
        let sample = SampleRedshifts(predicted: redshifts, spectroscopic: redshifts)
        let twentieths = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45]
        #expect(bins(redshifts, sample).map(\.lower) == twentieths)
        let magnitudes = redshifts.map { 14.05 + $0 * 7.78 }
        let halves = [14.5, 15, 15.5, 16, 16.5, 17, 17.5]
        #expect(bins(magnitudes, sample).dropFirst().map(\.lower) == halves)
    }

    @Test func farGalaxiesMakeNoEmptyBins() {
        var sample = SampleRedshifts.survey(10_000)
        sample.spectroscopic[0] = 900
        sample.predicted[0] = 1
        let found = bins(sample.spectroscopic, sample)
        #expect(found.count <= 22 && found.last?.upper == 900)
        #expect(found.allSatisfy { $0.metrics.count > 0 })
    }

    @Test func wildValues() {
        for count in [1, 2, 3, 50, 1000] {
            let sample = SampleRedshifts.wild(count)
            let found = bins(sample.predicted, sample)
            #expect(found.reduce(0) { $0 + $1.metrics.count } == RedshiftMetrics(sample).count)
        }
    }

    @Test func galaxiesWithoutTheValueAreInNone() {
        let sample = SampleRedshifts(predicted: [0.1, 0.2, 0.3], spectroscopic: [0.1, 0.2, 0.3])
        #expect(bins([.nan, 17, .infinity], sample).map(\.metrics.count) == [1])
        #expect(bins([.nan, .nan, .nan], sample).isEmpty)
        #expect(bins([], SampleRedshifts()).isEmpty)
    }

    @Test(arguments: [1, 2, 3, 7, 16]) func doNotDependOnTheWorld(size: Int) {
        let sample = SampleRedshifts.survey(20_000)
        let expected = bins(sample.spectroscopic, sample)
        let results = SimulatedRanks.run(size) { rank, sum in
            // Dealt in turn, rank 1 gets none.
            let places = sample.predicted.indices.filter {
                $0 % size == rank && (size == 1 || rank != 1) || ($0 % size == 1 && rank == 0)
            }
            let mine = sample.picked(places)
            return Evaluation(mine, binnedBy: [mine.spectroscopic], sum).bins[0]
        }
        #expect(results.allSatisfy { $0 == expected })
    }

    @Test func oneObjectInJSON() throws {
        let sample = SampleRedshifts(predicted: [0.5], spectroscopic: [0.25])
        let data = try JSONEncoder().encode(bins(sample.spectroscopic, sample))
        let object = try JSONDecoder().decode([[String: Double?]].self, from: data)
        #expect(object.count == 1 && object[0]["from"] == 0.25 && object[0]["to"] == 0.25)
        #expect(object[0]["N"] == 1 && object[0]["R2"] == .some(nil))
    }
}
