import ArgumentParser
import AstroMAE
import PhotozMachine

/// The network, and how one process computes it.
struct EngineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The network's weights (HDF5).", valueName: "file"))
    var weights: String

    @Option(help: "How weights and activations are stored: f32, bf16 or int8.")
    var precision = Precision.float32

    @Option(help: ArgumentHelp("Threads that share the galaxies.", valueName: "count"))
    var threads = 1

    @Option(
        name: .customLong("instruction-set"),
        help: "The widest instruction set to use: portable, avx2, avx512, avx512-vnni or avx512-bf16.")
    private var limit: InstructionSetName?

    @OptionGroup private var cacheOptions: CacheOptions

    /// Where packed weights are kept; nil for nowhere.
    var cache: WeightsCache? { cacheOptions.isUsed ? WeightsCache(version: Photoz.version) : nil }

    /// The widest that this processor has, and that was allowed.
    var instructionSet: InstructionSet {
        limit.map { InstructionSet.widest(upTo: $0.rawValue) } ?? .widest
    }
}
