import TestSupport

/// What a command shows at a terminal, which `script` makes.
struct Terminal {
    let exitCode: Int
    /// What the terminal got of both streams, with lines that end as those of files do.
    let text: String

    /// All of it, for a failed test's message.
    var report: String { "exit code \(exitCode)\n\(text.debugDescription)" }

    /// Runs a command to its end.
    static func run(_ words: [String], limit: Int) async throws -> Terminal {
        let line = words.map { "'\($0)'" }.joined(separator: " ")
        let outcome = try await Launch.run(
            "/usr/bin/script", ["-qec", line, "/dev/null"], limit: limit,
            environment: Launch.launcherEnvironment.merging(["TERM": "xterm"]) { $1 })
        // By scalars: "\r\n" is one character.
        let scalars = outcome.output.unicodeScalars.reduce(into: String.UnicodeScalarView()) { scalars, scalar in
            if scalar == "\n" { while scalars.last == "\r" { scalars.removeLast() } }
            scalars.append(scalar)
        }
        return Terminal(exitCode: outcome.exitCode, text: String(scalars))
    }
}
