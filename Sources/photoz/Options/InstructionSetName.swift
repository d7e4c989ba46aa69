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

    /// All of them in a sentence.
    static var list: String {
        let names = InstructionSet.names
        return names.dropLast().joined(separator: ", ") + (names.count > 1 ? " or " : "") + (names.last ?? "")
    }
}
