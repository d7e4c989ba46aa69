import PhotozExitCodes

/// What a command's help says beside its options.
enum HelpText {
    /// The description of a command with examples and exit codes behind it. The parser shows all of it above the
    /// options; ``atTheEnd(_:)`` moves examples and exit codes below them.
    ///
    /// - Parameters:
    ///   - text: What the command does.
    ///   - examples: Command lines, each as a reader would type it; a long one in several lines.
    ///   - exitCodes: Those that the command ends with beside 0.
    ///   - meanings: What a code means for this command, where there is more to say than usual.
    ///   - done: What 0 means.
    static func discussion(
        _ text: String, examples: [String], exitCodes: [ExitCode], meanings: [ExitCode: String] = [:],
        done: String = "done"
    ) -> String {
        // 0, then numbers of two digits.
        let lines = ["  0   \(done)"] + exitCodes.map { "  \($0.rawValue)  \(meanings[$0] ?? meaning(of: $0))" }
        let commands = examples.map { "  " + $0.split(separator: "\n").joined(separator: " \\\n      ") }
        return ([text, "", examplesTitle] + commands + ["", codesTitle] + lines).joined(separator: "\n")
    }

    private static let examplesTitle = "EXAMPLES:"
    private static let codesTitle = "EXIT CODES:"
    /// The parser's own, behind the description.
    private static let usageTitle = "\n\nUSAGE: "

    /// The parser's help, with examples and exit codes at its end, where a reader at a terminal sees them.
    static func atTheEnd(_ help: String) -> String {
        guard let start = help.firstRange(of: "\n\n" + examplesTitle),
            let end = help[start.upperBound...].firstRange(of: usageTitle)
        else { return help }
        var options = String(help[..<start.lowerBound] + help[end.lowerBound...])
        while options.last == "\n" { options.removeLast() }
        return options + help[start.lowerBound..<end.lowerBound]
    }

    /// The parser's help from the usage on: what lists the options, and nothing that shows how they are used.
    static func options(of help: String) -> Substring {
        help.firstRange(of: usageTitle).map { help[$0.lowerBound...] } ?? help[...]
    }

    private static func meaning(of code: ExitCode) -> String {
        switch code {
        case .wrongUsage: "wrong options or values"
        case .badData: "a file is damaged, or not what it should be"
        case .inputMissing: "a file is missing or cannot be read"
        case .unexpected: "a fault of photoz or of MPI"
        case .outputRefused: "the output would replace something, or there is no room"
        case .inputOutput: "reading or writing failed"
        case .stopped: "stopped by a signal"
        }
    }
}
