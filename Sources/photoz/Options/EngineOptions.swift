import ArgumentParser
import AstroMAE

/// The network, and how one process computes it.
struct EngineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The network's weights (HDF5).", valueName: "file"))
    var weights: String

    @Option(
        name: .customLong("precision"),
        help: "The numbers to compute with: f32 is exact, bf16 and int8 are faster (default: f32).")
    private(set) var givenPrecision: Precision?

    @Option(help: ArgumentHelp("Threads to compute with.", valueName: "count"))
    var threads = 1

    @Option(
        name: .customLong("instruction-set"),
        help: ArgumentHelp(
            "The widest instruction set to use (default: the widest of this processor).", valueName: "name")
    )
    private var limit: InstructionSetName?

    /// How numbers are stored.
    var precision: Precision { givenPrecision ?? .float32 }

    /// The widest that this processor has, and that was allowed.
    var widest: InstructionSet { limit.map { InstructionSet.widest(upTo: $0.name) } ?? .widest }

    /// The same, in the way that is the fastest here for the precision.
    var instructionSet: InstructionSet { widest.measured(for: precision) }
}
