import Foundation
import TestSupport
import Testing

/// What `photoz bench` measured of the full network, after checks that it can be true.
struct Bench {
    /// Galaxies a second: the median over batches, and of the fastest.
    let rate: Double
    let fastest: Double
    /// G operations a second of the engine, and of the cores at best.
    let gflops: Double
    let peak: Double
    let instructionSet: String
    /// How long the weights took to be read, folded and packed.
    let preparation: Double
    /// How long it took.
    let seconds: Double

    /// What the engine makes of the cores.
    var share: Double { gflops / peak }

    /// The same while nothing else used the machine: the peak, too, is that of the fastest slice.
    var undisturbedShare: Double { share * fastest / rate }

    /// Measures for some seconds, without MPI.
    ///
    /// - Throws: an expectation that failed: whoever leans on a peak that is wrong would pass at any speed.
    static func measure(threads: Int, _ options: String...) async throws -> Bench {
        let outcome = try await Photoz.alone(
            ["bench", "--weights", Repository.weights, "--threads", "\(threads)", "--json"] + options, limit: 30)
        try #require(outcome.exitCode == 0, "\(outcome.report)")
        let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
        func number(_ key: String) throws -> Double { try #require(report[key] as? Double, "\(outcome.report)") }
        let bench = Bench(
            rate: try number("galaxies_per_second"), fastest: try number("fastest_galaxies_per_second"),
            gflops: try number("gflops"), peak: try number("peak_gflops"),
            instructionSet: try #require(report["instruction_set"] as? String),
            preparation: try number("preparation_seconds"), seconds: outcome.seconds)
        #expect(bench.fastest >= bench.rate && bench.preparation > 0 && bench.preparation < bench.seconds)
        #expect(abs(bench.gflops / bench.rate - 0.2144) < 2e-4)
        #expect(abs(try number("fraction_of_peak") - bench.share) < 1e-12)
        try #require(bench.share > 0.2 && bench.share < 1, "\(outcome.report)")
        // A vector a cycle at the least and, on cores with four units, eight operations a lane at the most; a clock may
        // run at half and at twice of what the system calls its frequency.
        let (lowest, highest) = (0.5 * 2, 2 * 8.0)
        let scale = Double(threads * bench.lanes) * clock
        try #require(
            bench.peak > lowest * scale && bench.peak < highest * scale,
            "a peak of \(bench.peak) G operations a second at \(clock) GHz: \(outcome.report)")
        return bench
    }

    /// Floats in a vector.
    private var lanes: Int { instructionSet.hasPrefix("AVX-512") ? 16 : instructionSet == "AVX2" ? 8 : 4 }

    /// The processor's frequency in GHz as the system knows it; where it does not (on Arm), a usual one.
    private static let clock: Double = {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let line = lines.first { $0.hasPrefix("cpu MHz") }?.split(separator: ":").last
        return line.flatMap { Double($0.trimmingCharacters(in: .whitespaces)) }.map { $0 / 1000 } ?? 2.5
    }()
}
