import ArgumentParser
import AstroMAE
import FoundationEssentials
import HDF5
import PhotozJob
import PhotozMachine

/// `photoz bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the engine alone: galaxies a second, and the share of what the cores can do at best.",
        discussion: "Runs on made-up galaxies in memory, for a few seconds, without MPI.")

    @OptionGroup var engine: EngineOptions

    @Option(help: ArgumentHelp("Galaxies that are predicted together.", valueName: "count"))
    var batchSize = 512

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    func validate() throws {
        guard (1...1 << 16).contains(batchSize) else { throw ValidationError("--batch-size must be 1 to 65536.") }
        guard (1...1024).contains(engine.threads) else { throw ValidationError("--threads must be 1 to 1024.") }
    }

    func run() {
        do { try measure() } catch { Exit.withoutMPI(error) }
    }

    private func measure() throws {
        let (precision, threads, instructionSet) = (engine.precision, engine.threads, engine.instructionSet)
        let network = try OpenedWeights(engine.weights).prepared(precision, for: instructionSet, engine.cache)
        let bench = Bench(network, threads: threads, batchSize: batchSize)
        // The cores are measured before and after, since a machine's clock drifts; the higher peak counts.
        let before = CoreSpeed.measure(instructionSet, precision, threads: threads, slices: 50)
        let rate = bench.galaxiesPerSecond(seconds: 2)
        let cores = try plausible(before) {
            CoreSpeed.measure(instructionSet, precision, threads: threads, slices: 50)
        }
        let report = BenchReport(
            galaxiesPerSecond: rate, gflops: rate * network.shape.operationsPerGalaxy / 1e9, peak: cores.peak / 1e9,
            instructionSet: "\(instructionSet)", precision: precision.rawValue, threads: threads, batchSize: batchSize,
            layers: bench.layerShares(seconds: 0.5))
        Exit.show(json ? try report.encoded() : report.table)
    }

    /// What was measured of the cores, and again: until it can be true, since a busy machine may slow a measurement
    /// down.
    ///
    /// - Throws: ``JobError`` with code 70 when it stays impossible; a share of such a peak would mean nothing.
    private func plausible(_ first: CoreSpeed, again: () -> CoreSpeed) throws -> CoreSpeed {
        var cores = first.best(again())
        for _ in 0..<3 where !cores.isPlausible { cores = cores.best(again()) }
        guard cores.isPlausible else {
            throw JobError(
                .unexpected,
                "the peak of these cores cannot be \(cores.peak / 1e9) G operations a second, since cached products "
                    + "make \(cores.products / 1e9); the measurement is wrong on this processor, or the machine is too "
                    + "busy to be measured")
        }
        return cores
    }
}

/// A network at work on galaxies that stay in memory.
private struct Bench {
    private let engine: Engine
    private let images: [Float]
    private let magnitudes: [Float]
    private let batchSize: Int

    init(_ network: PreparedNetwork, threads: Int, batchSize: Int) {
        let shape = network.shape
        engine = Engine(network, threads: threads)
        self.batchSize = batchSize
        // Scattered numbers of the size that surveys have; the time does not depend on them.
        images = (0..<batchSize * shape.imageCount).map { Float(($0 &* 2_654_435_761) >> 8 & 0xffff) / 32_768 - 0.5 }
        magnitudes = (0..<batchSize * shape.magnitudeCount).map { 19 - Float($0 % 7) * 0.4 }
    }

    /// The median over batches, after one that is not counted.
    func galaxiesPerSecond(seconds: Double) -> Double {
        predict()
        var times: [Double] = []
        while times.reduce(0, +) < seconds || times.count < 5 {
            let start = ContinuousClock.now
            predict()
            times.append((ContinuousClock.now - start).inSeconds)
        }
        return Double(batchSize) / times.sorted()[times.count / 2]
    }

    /// The share of each kind of layer in the first thread's time.
    func layerShares(seconds: Double) -> [String: Double] {
        engine.profile(true)
        let start = ContinuousClock.now
        repeat { predict() } while ContinuousClock.now - start < .seconds(seconds)
        let durations = engine.profile(false)?.durations ?? [:]
        let total = durations.values.reduce(.zero, +).inSeconds
        return Dictionary(uniqueKeysWithValues: durations.map { ($0.key.rawValue, $0.value.inSeconds / total) })
    }

    private func predict() {
        var redshifts = [Float](repeating: 0, count: batchSize)
        images.withUnsafeBufferPointer { images in
            magnitudes.withUnsafeBufferPointer { magnitudes in
                redshifts.withUnsafeMutableBufferPointer {
                    engine.predict(images: images, magnitudes: magnitudes, redshifts: $0)
                }
            }
        }
    }
}

/// What a measurement found.
private struct BenchReport: Encodable {
    let galaxiesPerSecond: Double
    let gflops: Double
    let peak: Double
    let instructionSet: String
    let precision: String
    let threads: Int
    let batchSize: Int
    let layers: [String: Double]

    enum CodingKeys: String, CodingKey {
        case gflops, precision, threads
        case galaxiesPerSecond = "galaxies_per_second"
        case peak = "peak_gflops"
        case fraction = "fraction_of_peak"
        case instructionSet = "instruction_set"
        case batchSize = "batch_size"
        case layers = "share_of_time"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(galaxiesPerSecond, forKey: .galaxiesPerSecond)
        try values.encode(gflops, forKey: .gflops)
        try values.encode(peak, forKey: .peak)
        try values.encode(gflops / peak, forKey: .fraction)
        try values.encode(instructionSet, forKey: .instructionSet)
        try values.encode(precision, forKey: .precision)
        try values.encode(threads, forKey: .threads)
        try values.encode(batchSize, forKey: .batchSize)
        try values.encode(layers, forKey: .layers)
    }

    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var table: String {
        let lines = layers.sorted { $0.value > $1.value }.map { "  \(Int(($0.value * 100).rounded())) %  \($0.key)" }
        return """
            \(Int(galaxiesPerSecond.rounded())) galaxies a second, \(threads) \(threads == 1 ? "thread" : "threads"), \
            batches of \(batchSize), \(instructionSet), \(precision)
            \(Int(gflops.rounded())) G operations a second, \(Int((100 * gflops / peak).rounded())) % of the \
            \(Int(peak.rounded())) that these cores do at best
            share of time:
            \(lines.joined(separator: "\n"))
            """
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        let (whole, fraction) = components
        return Double(whole) + Double(fraction) * 1e-18
    }
}
