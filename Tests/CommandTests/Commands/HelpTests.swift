import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// What the program says when it is asked how it is used.
    @Suite(.serialized) struct HelpTests {
        private static let commands = [
            "run", "calibrate", "status", "serve", "plan", "sweep", "report", "nz", "summarize", "inspect", "import",
            "split", "simulate", "doctor", "selftest", "bench",
        ]

        private func help(_ words: [String]) async throws -> String {
            let outcome = try await Photoz.alone(words, environment: ["COLUMNS": "80"])
            try #require(outcome.exitCode == 0 && outcome.error.isEmpty, "\(outcome.report)")
            return outcome.output
        }

        @Test("The options of a run in groups, the required ones first")
        func groups() async throws {
            let text = try await help(["help", "run"])
            #expect(try await help(["run", "--help"]) == text)
            let titles = text.split(separator: "\n").filter {
                $0.hasSuffix(":") && $0.first?.isUppercase ?? false && $0 == $0.uppercased()[...]
            }
            #expect(
                titles == [
                    "REQUIRED:", "INPUT:", "OUTPUT:", "COMPUTE:", "ROBUSTNESS:", "DISTRIBUTIONS:", "COST:",
                    "OTHER SURVEYS:", "OPTIONS:", "EXAMPLES:", "EXIT CODES:",
                ], "\(text)")
            func group(_ title: String) -> [Substring] {
                let part = text.components(separatedBy: "\n\(title):\n").dropFirst().first ?? ""
                return part.components(separatedBy: "\n\n")[0].split(separator: "\n").compactMap { line in
                    line.hasPrefix("  --") ? line.split(separator: " ")[0] : nil
                }
            }
            #expect(group("REQUIRED") == ["--weights", "--data", "--output"])
            #expect(group("ROBUSTNESS") == ["--resume", "--on-error", "--deadline"])
            #expect(group("OTHER SURVEYS").count == 15)
        }

        @Test("Each command ends with an example that it understands, and with its exit codes", arguments: commands)
        func examples(command: String) async throws {
            let text = try await help(["help", command])
            let parts = text.components(separatedBy: "\n\nEXAMPLES:\n")
            try #require(parts.count == 2, "\(text)")
            let footer = parts[1].components(separatedBy: "\n\nEXIT CODES:\n")
            try #require(footer.count == 2 && footer[1].hasPrefix("  0   "), "\(text)")
            // Nothing follows, and no line is broken where a shell would end the command.
            #expect(footer[1].split(separator: "\n").allSatisfy { $0.hasPrefix("  ") && $0.count <= 80 }, "\(text)")
            let lines = footer[0].replacing(" \\\n", with: " ").split(separator: "\n")
            #expect(lines.allSatisfy { $0.hasPrefix("  ") }, "\(text)")
            #expect(
                lines.contains { $0.contains("photoz \(command) ") || $0.hasSuffix("photoz \(command)") }, "\(text)")
            // The program itself takes the words: what it does not find is no matter of usage.
            let folder = try TemporaryFolder()
            for line in lines where !line.contains("--cpu") && !line.hasSuffix(" selftest") {
                let words = line.components(separatedBy: "photoz ")
                try #require(words.count == 2, "\(line)")
                let feed = words[0].contains("|") ? words[0] : ""
                let outcome = try await Launch.run(
                    "sh", ["-c", "cd \(folder.path) && \(feed)\(Photoz.path) \(words[1])"], limit: 60)
                #expect(outcome.exitCode != 64 && outcome.exitCode < 126, "\(line): \(outcome.report)")
            }
        }

        @Test func theProgramItself() async throws {
            let text = try await help(["--help"])
            for command in Self.commands { #expect(text.contains("\n  \(command) "), "\(text)") }
            #expect(text.contains("\nEXAMPLES:\n") && text.contains("\nEXIT CODES:\n"), "\(text)")
            #expect(try await help([]) == text)
        }

        @Test("What was perhaps meant: a command, an option or a value")
        func nearlyRight() async throws {
            let run = ["run", "--weights", "w", "--data", "d", "--output", "o"]
            for (words, hint) in [
                (["rnu"], "Unknown command 'rnu'. Did you mean 'run'?"),
                (["help", "calibrat"], "Did you mean 'calibrate'?"), (["Run"], "Did you mean 'run'?"),
                (["sumarise", "results"], "Did you mean 'summarize'?"), (["hlep", "run"], "Did you mean 'help'?"),
                (["predict"], "Commands are: bench, calibrate, doctor,"),
                (run + ["--precision", "bf61"], "Did you mean 'bf16'?"),
                (run + ["--precision=BF16"], "Did you mean 'bf16'?"),
                (run + ["--on-error", "skp"], "'--on-error <action>'. Did you mean 'skip'? Please"),
                (run + ["--units", "njy"], "Did you mean 'nJy'?"),
                (run + ["--instruction-set", "portabel"], "Did you mean 'portable'?"),
                (run + ["--survey", "galaxies"], "Did you mean 'galaxiesml'?"),
                (run + ["--resum"], "Did you mean '--resume'?"),
                (["nz", "results", "--by", "zmod"], "Did you mean 'zmode'?"),
            ] {
                let outcome = try await Photoz.alone(words)
                #expect(outcome.exitCode == 64 && outcome.error.contains(hint), "\(words): \(outcome.report)")
                #expect(outcome.output.isEmpty, "\(outcome.report)")
            }
            for word in ["double", "f64"] {
                let far = try await Photoz.alone(run + ["--precision", word])
                #expect(far.exitCode == 64 && !far.error.contains("Did you mean"), "\(far.report)")
                #expect(far.error.contains("'f32', 'bf16' or 'int8'"), "\(far.report)")
            }
        }
    }
}
