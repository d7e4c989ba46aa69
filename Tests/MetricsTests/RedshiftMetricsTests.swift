import Foundation
import PhotozMetrics
import Testing

/// The values of the metrics, on one process.
@Suite struct RedshiftMetricsTests {
    static let sample = SampleRedshifts(
        predicted: [0.12, 0.24, 0.61, 0.07, 0.8, 0.30, 0.25, 0.95, 0.1, 0.5],
        spectroscopic: [0.1, 0.25, 0.5, 0.07, 1.2, 0.33, 0.0, 0.9, 0.15, 0.42])

    // python3 -c 'import numpy as np
    // f = lambda *v: np.float32(v).astype(float)
    // p = f(0.12, 0.24, 0.61, 0.07, 0.8, 0.30, 0.25, 0.95, 0.1, 0.5)
    // z = f(0.1, 0.25, 0.5, 0.07, 1.2, 0.33, 0.0, 0.9, 0.15, 0.42)
    // # and for the second list: p, z = p[:7], z[:7]
    // d = (p - z)/(1 + z); m = np.median(abs(d - np.median(d))); q = np.percentile(d, [25, 75])
    // print(*map(float, [abs(p - z).mean(), ((p - z)**2).mean(), d.mean(), 1.48*m,
    //   1 - ((p - z)**2).sum()/((z - z.mean())**2).sum(), np.median(d), 1.4826*m, (q[1] - q[0])/1.349,
    //   (abs(d) > 0.15).mean(), (abs(d) > 0.05).mean(),
    //   (abs(d) > max(0.06, 3*(q[1] - q[0])/1.349)).mean()]), sep="\n")'
    static let ofTen = [
        0.10000000819563866, 0.024740003550648877, 0.016831613662854752, 0.05838187788561294, 0.8165450354667001,
        0.00909090718208266, 0.05848444064406064, 0.050222218142155176, 0.2, 0.4, 0.2,
    ]
    static let ofSeven = [
        0.11714286463601249, 0.03371429025275389, 0.018448652451165053, 0.033383459644014624, 0.7683549142870622, 0.0,
        0.03344210626230816, 0.045245201325847834, 0.2857142857142857, 0.42857142857142855, 0.2857142857142857,
    ]
    static let names = [
        "MAE", "MSE", "Bias", "Precision", "R2", "median_bias", "sigma_mad", "sigma_iqr", "outlier_fraction_0.15",
        "outlier_fraction_0.05", "outlier_fraction_iqr",
    ]

    @Test(arguments: [(10, ofTen), (7, ofSeven)]) func agreeWithNumpy(count: Int, expected: [Double]) throws {
        let metrics = RedshiftMetrics(Self.sample.picked(Array(0..<count)))
        #expect(metrics.count == count)
        for (name, value) in zip(Self.names, expected) {
            let actual = try #require(metrics.byName[name] ?? nil)
            #expect(abs(actual - value) <= 1e-15 * max(abs(value), 0.1), "\(name)")
        }
    }

    @Test func agreeWithThePlainDefinitionsOnAMillionGalaxies() {
        let sample = SampleRedshifts.survey(1_000_000)
        #expect(RedshiftMetrics(sample).byName == plainMetrics(sample))
    }

    @Test func agreeWithThePlainDefinitionsOnWildRedshifts() {
        for count in [1, 2, 3, 4, 5, 6, 1000] {
            let sample = SampleRedshifts.wild(count)
            #expect(RedshiftMetrics(sample).byName == plainMetrics(sample))
        }
    }

    @Test func galaxiesWithoutUsableRedshiftsAreNotCounted() {
        var sample = Self.sample
        sample.spectroscopic += [.nan, .infinity, -.infinity, -1, -1.5, -9999, 0.3, 0.3]
        sample.predicted += [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, .nan, .infinity]
        #expect(RedshiftMetrics(sample) == RedshiftMetrics(Self.sample))
    }

    @Test func aRedshiftJustAboveMinusOneIsCounted() {
        let metrics = RedshiftMetrics(SampleRedshifts(predicted: [0], spectroscopic: [(-1 as Float).nextUp]))
        #expect(metrics.count == 1)
        #expect(metrics.bias == 0x1p24 - 1)
    }

    @Test func nothingIsDefinedWithoutGalaxies() {
        for sample in [SampleRedshifts(), SampleRedshifts(predicted: [0.1], spectroscopic: [.nan])] {
            let metrics = RedshiftMetrics(sample)
            #expect(metrics.count == 0)
            #expect(Self.names.allSatisfy { metrics.byName[$0] == .some(nil) })
        }
    }

    @Test func oneGalaxyHasNoR2() {
        let metrics = RedshiftMetrics(SampleRedshifts(predicted: [0.5], spectroscopic: [0.25]))
        let expected: [String: Double?] = [
            "N": 1, "MAE": 0.25, "MSE": 0.0625, "Bias": 0.2, "Precision": 0, "R2": nil, "median_bias": 0.2,
            "sigma_mad": 0, "sigma_iqr": 0, "outlier_fraction_0.15": 1, "outlier_fraction_0.05": 1,
            "outlier_fraction_iqr": 1,
        ]
        #expect(metrics.byName == expected)
    }

    @Test func twoGalaxiesOfEqualRedshiftHaveNoR2() {
        let metrics = RedshiftMetrics(SampleRedshifts(predicted: [0.5, -0.5], spectroscopic: [0, 0]))
        #expect(metrics.r2 == nil)
        #expect(metrics.medianBias == 0)
        #expect(metrics.precision == 0.74)
        #expect(metrics.sigmaIQR == 0.5 / 1.349)
    }

    @Test func anOutlierIsAboveTheLimit() {
        // In double precision: 0.15 as a Float is a little more than 0.15, and its predecessor less.
        let limit: Float = 0.15
        let metrics = RedshiftMetrics(
            SampleRedshifts(predicted: [limit, -limit, limit.nextDown, 0.05], spectroscopic: [0, 0, 0, 0]))
        #expect(metrics.outlierFraction015 == 0.5)
        #expect(metrics.outlierFraction005 == 1)
    }

    @Test func undefinedValuesAreNullInJSON() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let nothing = RedshiftMetrics(SampleRedshifts(), Bootstrap())
        let text = String(decoding: try encoder.encode(nothing), as: UTF8.self)
        #expect(
            text == """
                {"Bias":null,"Bias_error":null,"MAE":null,"MSE":null,"N":0,"Precision":null,"R2":null,\
                "median_bias":null,"median_bias_error":null,"outlier_fraction_0.05":null,\
                "outlier_fraction_0.05_error":null,"outlier_fraction_0.15":null,"outlier_fraction_0.15_error":null,\
                "outlier_fraction_iqr":null,"sigma_iqr":null,"sigma_mad":null,"sigma_mad_error":null}
                """)
        #expect(try JSONDecoder().decode(RedshiftMetrics.self, from: Data(text.utf8)) == nothing)
    }

    @Test func jsonHoldsEveryValue() throws {
        let metrics = RedshiftMetrics(Self.sample, Bootstrap())
        let data = try JSONEncoder().encode(metrics)
        let all = metrics.byName.merging(metrics.errorsByName) { one, _ in one }
        #expect(try JSONDecoder().decode([String: Double?].self, from: data) == all)
        #expect(try JSONDecoder().decode(RedshiftMetrics.self, from: data) == metrics)
    }
}
