import PhotozMetrics
import Testing

/// Errors of metrics, against a bootstrap that draws galaxy by galaxy.
@Suite struct BootstrapTests {
    /// Galaxies as in a survey, of which no two have the same difference; one in twenty is far off.
    private static func smooth(_ count: Int) -> SampleRedshifts {
        var random = SplitMix(state: 17)
        var sample = SampleRedshifts()
        for index in 0..<count {
            let redshift = Float.random(in: 0...0.8, using: &random)
            let error = (0..<4).reduce(Float(0)) { sum, _ in sum + Float.random(in: -0.02...0.02, using: &random) }
            sample.spectroscopic.append(redshift)
            sample.predicted.append(redshift + (index % 20 == 0 ? 10 : 1) * error)
        }
        return sample
    }

    /// The standard deviations of the metrics when galaxies are drawn anew, so many times.
    private func plainErrors(_ sample: SampleRedshifts, _ resamples: Int) -> [String: Double] {
        var random = SplitMix(state: 21)
        let places = sample.predicted.indices.filter {
            sample.predicted[$0].isFinite && sample.spectroscopic[$0].isFinite && sample.spectroscopic[$0] > -1
        }
        var values: [String: [Double]] = [:]
        for _ in 0..<resamples {
            let drawn = places.map { _ in places[Int.random(in: 0..<places.count, using: &random)] }
            for (name, value) in plainMetrics(sample.picked(drawn)) { values[name, default: []].append(value ?? .nan) }
        }
        return values.mapValues { values in
            let mean = values.reduce(0, +) / Double(values.count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (squares / Double(values.count - 1)).squareRoot()
        }
    }

    /// Resamples that make an error that is good to 2 %.
    private static let many = Bootstrap(seed: 5, resamples: 1500)

    @Test(arguments: [4, 9, 30, 251, 1500, 8000]) func agreeWithAPlainBootstrap(count: Int) throws {
        let sample = Self.smooth(count)
        let found = RedshiftMetrics(sample, Self.many).errorsByName
        let expected = plainErrors(sample, count < 1000 ? 1500 : 400)
        // Three standard deviations of both; a few galaxies have few resamples, which come in lumps.
        let allowed = count < 10 ? 0.15 : count < 1000 ? 0.08 : 0.12
        for (name, value) in found {
            let (value, plain) = (try #require(value), try #require(expected[String(name.dropLast(6))]))
            #expect(abs(value - plain) <= allowed * plain + 1e-12, "\(name) of \(count): \(value), plainly \(plain)")
        }
    }

    @Test(arguments: [1, 2, 3, 7]) func doNotDependOnTheWorld(size: Int) {
        let sample = SampleRedshifts.survey(3000)
        let quantities = { @Sendable (sample: SampleRedshifts) in [sample.predicted, sample.spectroscopic] }
        let expected = Evaluation(
            predicted: sample.predicted, spectroscopic: sample.spectroscopic, binnedBy: quantities(sample))
        let results = SimulatedRanks.run(size) { rank, sum in
            let mine = sample.picked(sample.predicted.indices.filter { $0 * size / 3000 == rank }.reversed())
            // One rank asks for errors.
            return Evaluation(
                mine, binnedBy: quantities(mine), bootstrap: rank == size - 1 ? Bootstrap() : nil, sum)
        }
        #expect(results[size - 1] == expected)
        #expect(expected.bins[0].allSatisfy { ($0.metrics.sigmaMADError == nil) == ($0.metrics.count < 2) })
        let others = results.dropLast()
        #expect(others.allSatisfy { $0.metrics.sigmaMADError == nil && $0.metrics.byName == expected.metrics.byName })
    }

    @Test func anotherSeedDrawsOtherGalaxies() throws {
        let sample = SampleRedshifts.survey(2000)
        let errors = try (1...4).map {
            try #require(RedshiftMetrics(sample, Bootstrap(seed: $0, resamples: 200)).sigmaMADError)
        }
        #expect(Set(errors).count == 4)
        let mean = errors.reduce(0, +) / 4
        // Each is good to 5 %.
        #expect(errors.allSatisfy { abs($0 - mean) < 0.2 * mean })
    }

    @Test func equalDifferencesHaveNoError() {
        let redshifts: [Float] = [0, 0, 0]
        let metrics = RedshiftMetrics(
            SampleRedshifts(predicted: [0.25, 0.25, 0.25], spectroscopic: redshifts), Bootstrap())
        #expect(metrics.errorsByName.values.allSatisfy { $0 == 0 })
    }

    @Test func oneGalaxyHasNone() {
        let metrics = RedshiftMetrics(SampleRedshifts(predicted: [0.5], spectroscopic: [0.25]), Bootstrap())
        #expect(metrics.count == 1 && metrics.errorsByName.values.allSatisfy { $0 == nil })
    }

    /// More than half of the differences are equal, or the rest lies very far away.
    @Test func wildDifferences() throws {
        for count in [2, 3, 50, 3000] {
            let metrics = RedshiftMetrics(.wild(count), Bootstrap())
            #expect(metrics.errorsByName.values.allSatisfy { $0?.isFinite == true && $0 ?? -1 >= 0 })
        }
        var sample = SampleRedshifts(
            predicted: [Float](repeating: 0.5, count: 100), spectroscopic: [Float](repeating: 0.5, count: 100))
        sample.predicted[0] = 900
        let error = try #require(RedshiftMetrics(sample, Bootstrap()).sigmaMADError)
        #expect(error.isFinite)
    }

    /// The more galaxies the smaller are errors, as one over the root of their number.
    @Test func errorsOfAMillionGalaxies() throws {
        let (few, many) = (Self.smooth(10_000), Self.smooth(1_000_000))
        let (small, large) = (RedshiftMetrics(many, Self.many), RedshiftMetrics(few, Self.many))
        for (name, value) in small.errorsByName {
            let ratio = try #require(large.errorsByName[name] ?? nil) / (try #require(value))
            #expect(ratio > 8 && ratio < 12, "\(name): \(ratio)")
        }
    }
}
