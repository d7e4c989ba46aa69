import Foundation
import PhotozMetrics
import Testing

/// Scores of redshift distributions, over all galaxies and in bins.
@Suite struct DistributionEvaluationTests {
    /// The definitions, written down for one process.
    private func expectPlain(_ found: DistributionMetrics, _ sample: ScoredSample, cells: Double) {
        let places = sample.pit.indices.filter {
            sample.pit[$0].isFinite && sample.cdeLoss[$0].isFinite && sample.crps[$0].isFinite
        }
        let pits = places.map { Double(sample.pit[$0]) }
        let count = Double(pits.count)
        #expect(found.count == pits.count)
        guard !pits.isEmpty else { return }
        #expect(found.cdeLoss == plainSum(places.map { Double(sample.cdeLoss[$0]) }) / count)
        #expect(found.crps == plainSum(places.map { Double(sample.crps[$0]) }) / count)
        #expect(found.outlierFraction == Double(pits.count { $0 < 1e-4 || $0 > 0.9999 }) / count)
        var histogram = [Int](repeating: 0, count: 20)
        for pit in pits { histogram[min(Int(pit * 20), 19)] += 1 }
        #expect(found.histogram == histogram)
        for (coverage, level) in zip(found.coverage, [0.5, 0.68, 0.9, 0.95, 0.99]) {
            #expect(coverage.level == level)
            #expect(coverage.fraction == Double(pits.count { abs(2 * $0 - 1) <= level }) / count)
            #expect(coverage.error == (level * (1 - level) / count).squareRoot())
        }
        let sorted = pits.sorted()
        let ks = sorted.enumerated().map { index, pit in
            max((Double(index) + 1) / count - pit, pit - Double(index) / count)
        }.max()
        #expect(abs((found.pit?.ks ?? .nan) - (ks ?? .nan)) <= 0.5 / cells + 1e-12)
    }

    @Test(arguments: [1, 2, 100, 30_000]) func agreeWithThePlainDefinitions(count: Int) {
        let sample = ScoredSample.survey(count)
        let found = sample.evaluated
        expectPlain(found.metrics, sample, cells: 0x1p20)
        #expect(found.bins.count == 3)
        for (quantity, bins) in zip(sample.quantities, found.bins) {
            for (index, bin) in bins.enumerated() {
                let isLast = index == bins.count - 1
                let members = quantity.indices.filter {
                    let value = Double(quantity[$0])
                    let isInside = value >= bin.lower && (isLast ? value <= bin.upper : value < bin.upper)
                    return isInside
                }
                expectPlain(bin.metrics, sample.picked(members), cells: 0x1p14)
            }
        }
    }

    @Test(arguments: [1, 2, 3, 7, 16]) func doNotDependOnTheWorld(size: Int) {
        let sample = ScoredSample.survey(5000)
        let expected = sample.evaluated
        let results = SimulatedRanks.run(size) { rank, sum in
            // Dealt from the end, in turn; rank 1 gets none.
            let places = sample.pit.indices.reversed().filter {
                $0 % size == rank && (size == 1 || rank != 1) || ($0 % size == 1 && rank == 0)
            }
            return sample.picked(places).evaluated(sum)
        }
        #expect(results.allSatisfy { $0 == expected })
    }

    // python3, after what PITStatisticsTests says, for n = 20000 and power = 1.02:
    // h = np.histogram(u, 20, (0, 1))[0]; np.sqrt(np.mean((20*h/n - 1)**2)), np.sum(h/n*np.log(20*h/n))
    @Test func theHistogramIsComparedWithAnEvenOne() throws {
        let found = ScoredSample.golden(20_000, power: 1.02).evaluated.metrics
        #expect(abs(try #require(found.histogramRMSE) - 0.01942163741809632) < 1e-12)
        #expect(abs(try #require(found.histogramDivergence) - 0.00018667324053917717) < 1e-12)
    }

    @Test func nothingIsDefinedWithoutGalaxies() throws {
        let found = ScoredSample([.nan, .nan]).evaluated
        #expect(found.metrics.count == 0 && found.metrics.histogram == [Int](repeating: 0, count: 20))
        let data = try JSONEncoder().encode(found.metrics)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        for key in [
            "cde_loss", "crps", "pit_ks", "pit_ks_p", "pit_cvm", "pit_cvm_p", "pit_ad", "pit_outlier_fraction",
            "pit_rmse", "pit_kld",
        ] {
            #expect(object[key] is NSNull, "\(key)")
        }
        #expect(Set(object.keys).count == 13)
        let coverage = try #require(object["coverage"] as? [[String: Any]])
        #expect(coverage.allSatisfy { $0["fraction"] is NSNull && $0["error"] is NSNull })
    }

    @Test func oneObjectInJSON() throws {
        let found = ScoredSample.survey(500).evaluated
        let data = try JSONEncoder().encode(found.bins[1])
        let bins = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        #expect(bins.count == found.bins[1].count)
        for (object, bin) in zip(bins, found.bins[1]) {
            #expect(object["from"] as? Double == bin.lower && object["to"] as? Double == bin.upper)
            #expect(object["N"] as? Int == bin.metrics.count)
            // Foundation reads a number to its last digit but one.
            #expect(abs((object["crps"] as? Double ?? .nan) - (bin.metrics.crps ?? .nan)) < 1e-15)
            #expect((object["coverage"] as? [[String: Double]])?.map { $0["level"] } == [0.5, 0.68, 0.9, 0.95, 0.99])
            #expect(object["pit_histogram"] as? [Int] == bin.metrics.histogram)
        }
    }
}
