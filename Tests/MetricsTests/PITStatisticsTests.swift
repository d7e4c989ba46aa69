import Foundation
import PhotozMetrics
import Testing

/// Distances of PITs from an even spread, and their probabilities, against scipy.
@Suite struct PITStatisticsTests {
    /// Of a sample: its size, the power of its PITs, and what scipy says.
    struct Known: Sendable {
        let count: Int
        let power: Double
        let ks, ksProbability, cvm, cvmProbability, ad: Double
    }

    // python3 -c 'import numpy as np
    // from scipy import stats
    // for n, power in ((7, 1.0), (100, 1.25), (20000, 1.02), (20000, 1.01)):
    //     i = np.arange(1, n + 1)
    //     u = np.float32(((i*0.6180339887498949) % 1)**power).astype(float)
    //     ks, cvm, s = stats.kstest(u, "uniform"), stats.cramervonmises(u, "uniform"), np.sort(u)
    //     ad = -n - np.sum((2*i - 1)*(np.log(s) + np.log(1 - s[::-1])))/n
    //     print(n, power, ks.statistic, ks.pvalue, cvm.statistic, cvm.pvalue, ad)'
    static let known = [
        Known(
            count: 7, power: 1, ks: 0.14893894536154606, ksProbability: 0.9901772786868662, cvm: 0.026631736656653884,
            cvmProbability: 0.9915819361359469, ad: 0.20232022941011785),
        Known(
            count: 100, power: 1.25, ks: 0.0909524619579315, ksProbability: 0.3580569027603937,
            cvm: 0.35442645246640037, cvmProbability: 0.09549901183894827, ad: 2.0683736662412997),
        Known(
            count: 20_000, power: 1.02, ks: 0.0073628072738647354, ksProbability: 0.22725672952825504,
            cvm: 0.579385805013478, cvmProbability: 0.02517529128525231, ad: 3.1750867764858413),
        Known(
            count: 20_000, power: 1.01, ks: 0.0037398283481597794, ksProbability: 0.9414105558593793,
            cvm: 0.14591508492068267, cvmProbability: 0.40226917268513274, ad: 0.7979982861252211),
    ]

    @Test(arguments: known) func agreeWithScipy(known: Known) throws {
        let found = try #require(ScoredSample.golden(known.count, power: known.power).evaluated.metrics.pit)
        #expect(abs(found.ks - known.ks) < 5e-7, "half a cell of 2^-20")
        // The limiting law with its correction, against the exact law.
        #expect(abs(found.ksProbability - known.ksProbability) < (known.count < 100 ? 0.006 : 2e-4))
        #expect(abs(found.cvm - known.cvm) < 1e-5)
        #expect(abs(found.cvmProbability - known.cvmProbability) < 1e-5)
        #expect(abs(found.ad - known.ad) < 1e-4)
    }

    /// The same galaxies in a bin, where cells are wider.
    @Test(arguments: known) func nearlyAgreeInBins(known: Known) throws {
        let sample = ScoredSample.golden(known.count, power: known.power)
        let equal = [[Float](repeating: 17, count: known.count)]
        let bins = SimulatedRanks.run(1) { _, sum in
            DistributionEvaluation(
                pit: sample.pit, cdeLoss: sample.cdeLoss, crps: sample.crps, binnedBy: equal,
                as: Evaluation(sample.redshifts, binnedBy: equal, sum), sum
            ).bins
        }[0]
        let found = try #require(bins[0].first?.metrics.pit)
        #expect(bins[0].count == 1 && bins[0][0].lower == 17)
        #expect(abs(found.ks - known.ks) < 3.1e-5)
        #expect(abs(found.cvm - known.cvm) < 1e-3 && abs(found.ad - known.ad) < 5e-3)
    }

    /// As far from even as can be.
    @Test(arguments: [0, 1] as [Float]) func allAtOneEnd(end: Float) throws {
        let metrics = ScoredSample([Float](repeating: end, count: 1000)).evaluated.metrics
        let found = try #require(metrics.pit)
        #expect(abs(found.ks - 1) < 1e-6 && found.ksProbability == 0)
        #expect(abs(found.cvm - 1000.0 / 3) < 0.01 && found.cvmProbability == 0)
        #expect(found.ad.isFinite && found.ad > 1000)
        #expect(metrics.outlierFraction == 1)
        #expect(metrics.coverage.allSatisfy { $0.fraction == 0 })
    }

    /// Probabilities are spread evenly themselves where PITs are.
    @Test func probabilitiesOfManyEvenSamples() {
        var random = SplitMix(state: 12)
        for count in [20, 200] {
            let found = (0..<400).compactMap { _ in
                ScoredSample((0..<count).map { _ in Float.random(in: 0...1, using: &random) }).evaluated.metrics.pit
            }
            for limit in [0.1, 0.5, 0.9] {
                let expected = 400 * limit
                let allowed = 3.5 * (expected * (1 - limit)).squareRoot()
                #expect(abs(Double(found.count { $0.ksProbability < limit }) - expected) < allowed, "KS below \(limit)")
                #expect(abs(Double(found.count { $0.cvmProbability < limit }) - expected) < allowed, "below \(limit)")
            }
        }
    }
}
