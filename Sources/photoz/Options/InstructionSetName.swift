import ArgumentParser
import AstroMAE

/// A level of instruction sets of this architecture, whether or not this processor has it.
struct InstructionSetName: ExpressibleByArgument {
    let name: String

    init?(argument: String) {
        guard InstructionSet.names.contains(argument) else { return nil }
        name = argument
    }

    static var allValueStrings: [String] { InstructionSet.names }
}
