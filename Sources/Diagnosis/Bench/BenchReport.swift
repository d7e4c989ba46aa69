import AstroMAE

/// One measurement, for a user or a script.
package struct BenchReport: Encodable {
    private let measurement: BenchMeasurement
    private let threads: Int
    private let batchSize: Int

    private enum CodingKeys: String, CodingKey {
        case threads
        case batchSize = "batch_size"
    }

    /// - Parameters:
    ///   - measurement: What was found.
    ///   - threads: Of the engine.
    ///   - batchSize: Galaxies that were predicted together.
    package init(_ measurement: BenchMeasurement, threads: Int, batchSize: Int) {
        self.measurement = measurement
        self.threads = threads
        self.batchSize = batchSize
    }

    package func encode(to encoder: any Encoder) throws {
        try measurement.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(threads, forKey: .threads)
        try values.encode(batchSize, forKey: .batchSize)
    }

    /// Three lines, and where the time goes.
    package var table: String {
        let layers = (measurement.layers ?? [:]).sorted { $0.value > $1.value }
            .map { "  \(Int(($0.value * 100).rounded())) %  \($0.key)" }
        let percent = measurement.fraction.map { "\(Int((100 * $0).rounded()))" } ?? "-"
        return """
            \(Int(measurement.galaxiesPerSecond.rounded())) galaxies a second, \
            \(threads) \(threads == 1 ? "thread" : "threads"), batches of \(batchSize), \
            \(measurement.instructionSet), \(measurement.precision.rawValue)
            \(Int(measurement.gflops.rounded())) G operations a second, \(percent) % of the \
            \(Int(measurement.peak.rounded())) that these cores do at best
            \(Int(measurement.fastest.rounded())) in the fastest batch; \
            \(Int((1000 * measurement.preparationSeconds).rounded())) ms to read, fold and pack the weights
            share of time:
            \(layers.joined(separator: "\n"))
            """
    }
}

extension BenchMeasurement: Encodable {
    private enum CodingKeys: String, CodingKey {
        case gflops, precision
        case galaxiesPerSecond = "galaxies_per_second"
        case fastest = "fastest_galaxies_per_second"
        case peak = "peak_gflops"
        case fraction = "fraction_of_peak"
        case instructionSet = "instruction_set"
        case layers = "share_of_time"
        case preparation = "preparation_seconds"
    }

    /// `fraction_of_peak` is null when the peak cannot be true.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(galaxiesPerSecond, forKey: .galaxiesPerSecond)
        try values.encode(fastest, forKey: .fastest)
        try values.encode(gflops, forKey: .gflops)
        try values.encode(peak, forKey: .peak)
        try values.encode(fraction, forKey: .fraction)
        try values.encode(instructionSet, forKey: .instructionSet)
        try values.encode(precision.rawValue, forKey: .precision)
        try values.encode(preparationSeconds, forKey: .preparation)
        try values.encodeIfPresent(layers, forKey: .layers)
    }
}
