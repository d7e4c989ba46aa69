import ArgumentParser
import AstroMAE

/// The network, and how one process computes it.
struct EngineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The network's weights (HDF5).", valueName: "file"))
    var weights: String

    @Option(
        name: .customLong("precision"),
        help: "How weights and activations are stored: f32, bf16 or int8 (f32 unless given).")
    private(set) var givenPrecision: Precision?

    @Option(help: ArgumentHelp("Threads that share the galaxies.", valueName: "count"))
    var threads = 1

    @Option(
        name: .customLong("instruction-set"),
        help: "The widest instruction set to use: \(InstructionSetName.list).")
    private var limit: InstructionSetName?

    /// How numbers are stored.
    var precision: Precision { givenPrecision ?? .float32 }

    /// The widest that this processor has, and that was allowed.
    var widest: InstructionSet { limit.map { InstructionSet.widest(upTo: $0.name) } ?? .widest }

    /// The same, in the way that is the fastest here for the precision.
    var instructionSet: InstructionSet { widest.measured(for: precision) }
}
