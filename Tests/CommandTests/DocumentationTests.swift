import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// The pages of the documentation: every command that they show is run, or at least has options that exist; and
    /// what the program has, the pages have.
    @Suite(.serialized) struct DocumentationTests {
        /// Commands that no test runs as they stand: their words, and why. Options of photoz in them are compared with
        /// its help all the same.
        private static let notRun = [
            "sbatch": "needs Slurm; BatchTests runs the script", "srun": "needs Slurm; TwoHostTests runs it",
            "apptainer": "not installed", "sudo": "changes the system", "tar": "needs a release's tarball",
            "export": "of the same", "pip": "PythonTests of launch/python do", "python": "launch/python tests these",
            "launch/smoke": "builds", "launch/test": "runs this test",
        ]
        /// These pages say how to install and reach a batch system: nothing that they show can be run without.
        private static let pagesNotRun: Set<String> = ["Install.md", "Containers.md"]
        /// Pages that run with the shipped weights; the others get the small network in their place, and take seconds.
        private static let first = ["Tutorial.md", "Reports.md", "Other-Surveys.md"]

        private static let catalogue = Repository.root + "/Documentation.docc"

        private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

        /// Names of the pages, those first that the others follow.
        private static func pages() throws -> [String] {
            let names = try FileManager.default.contentsOfDirectory(atPath: catalogue).filter { $0.hasSuffix(".md") }
            return first + names.filter { !first.contains($0) }.sorted()
        }

        /// The commands of a page's blocks that are marked `sh`, with continued lines joined.
        private static func commands(_ path: String) throws -> [String] {
            var commands: [String] = []
            var inside = false
            var joined = ""
            for line in try text(path).split(separator: "\n", omittingEmptySubsequences: false) {
                if line.hasPrefix("```") {
                    inside = line == "```sh"
                    continue
                }
                guard inside, !line.isEmpty else { continue }
                if line.hasSuffix("\\") {
                    joined += line.dropLast()
                } else {
                    commands.append(joined + line)
                    joined = ""
                }
            }
            return commands
        }

        /// Whether a command can be run here.
        private static func runs(_ command: String) -> Bool {
            !command.split(separator: " ").contains { notRun[String($0)] != nil }
        }

        /// A shell in which `photoz` is the program under test, in a folder with what the pages take for granted.
        private struct Desk {
            let folder = try! TemporaryFolder()
            private let programs = try! TemporaryFolder()
            private let share: String

            init() throws {
                share = Repository.root + "/Data"
                try FileManager.default.createSymbolicLink(
                    atPath: programs.file("photoz"), withDestinationPath: Photoz.path)
            }

            func run(_ command: String) async throws -> Outcome {
                // A machine of the tests has two cores.
                let fewer = command.replacing(/-(np|n) (?:[3-9]|\d\d+) (?=.*photoz)/) { "-\($0.1) 2 " }
                var environment = Launch.launcherEnvironment
                environment["PHOTOZ_SHARE"] = share
                return try await Launch.run(
                    "sh", ["-c", "PATH=\"\(programs.path):$PATH\"; cd \"\(folder.path)\" || exit 99; \(fewer)"],
                    limit: 120, environment: environment)
            }

            func take(_ fixture: String, as name: String) throws {
                try? FileManager.default.removeItem(atPath: folder.file(name))
                try FileManager.default.createDirectory(
                    atPath: URL(fileURLWithPath: folder.file(name)).deletingLastPathComponent().path,
                    withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: fixture, toPath: folder.file(name))
            }
        }

        @Test func firstPageRuns() async throws {
            let desk = try Desk()
            try desk.take(Repository.weights, as: "Data/astromae-mock-sdss.h5")
            let commands = try Self.commands(Repository.root + "/README.md")
            #expect(commands.count == 6)
            for command in commands {
                let outcome = try await desk.run(command)
                #expect(outcome.exitCode == 0, "\(command): \(outcome.report)")
            }
        }

        @Test func everyPageRuns() async throws {
            let desk = try Desk()
            try desk.take(Repository.fixture("small-module.pt"), as: "model.pt")
            try desk.take(Repository.fixture("partition-half.pt"), as: "partitions/1.pt")
            // What several pages show is run once.
            var ran: Set<String> = []
            let pages = try Self.pages()
            for (number, page) in pages.enumerated() where !Self.pagesNotRun.contains(page) {
                if number == Self.first.count {
                    try desk.take(Repository.fixture("small-weights.h5"), as: "weights.h5")
                }
                for command in try Self.commands(Self.catalogue + "/" + page) where Self.runs(command) {
                    guard ran.insert(command).inserted else { continue }
                    let outcome = try await desk.run(command)
                    #expect(outcome.exitCode == 0, "\(page): \(command): \(outcome.report)")
                }
            }
            #expect(ran.count > 50)
        }

        /// Of each command, its help.
        private static func helps() async throws -> [String: String] {
            let overview = try await Photoz.alone(["--help"])
            var helps: [String: String] = [:]
            // Commands stand in groups.
            let names = overview.output.split(separator: "SUBCOMMANDS:").dropFirst().joined()
            for match in names.matches(of: /(?m)^  ([a-z]+) {2,}/) {
                helps[String(match.1)] = try await Photoz.alone(["help", String(match.1)]).output
            }
            #expect(helps.count > 10)
            return helps
        }

        /// All pages, also those that stand beside what they are about.
        private static func everywhere() throws -> [String: String] {
            let others = [
                "README.md", "CONTRIBUTING.md", "launch/README.md", "Python/README.md", "Python/TUTORIAL.md",
                "Python/TRAINING.md", "Benchmarks/README.md", "Benchmarks/scale.md",
            ]
            return try Dictionary(
                uniqueKeysWithValues: (others + pages().map { "Documentation.docc/" + $0 }).map {
                    ($0, try text(Repository.root + "/" + $0))
                })
        }

        private static func options(_ text: String) -> Set<String> {
            Set(text.matches(of: /--[a-z][a-z-]*/).map { String($0.0) })
        }

        @Test func everyOptionOnAPageExists() async throws {
            let helps = try await Self.helps()
            var compared = 0
            for (name, page) in try Self.everywhere() {
                let text = page.replacing("\\\n", with: " ")
                // A command ends with its line, or with the code within a line that it is.
                for match in text.matches(of: /(-m )?\bphotoz(?:\.sif)? ([a-z]+)\b([^`|\n]*)/) where match.1 == nil {
                    guard let help = helps[String(match.2)] else { continue }
                    let own = String(match.3).replacing(/"[^"]*"/, with: "")
                    let unknown = Self.options(own).subtracting(Self.options(help))
                    #expect(unknown.isEmpty, "\(name): photoz \(match.2) has no \(unknown)")
                    compared += 1
                }
            }
            #expect(compared > 100)
        }

        @Test func everyOptionIsDescribed() async throws {
            let helps = try await Self.helps()
            let known = Self.options(try Self.everywhere().values.joined(separator: "\n"))
            for (command, help) in helps {
                let missing = Self.options(help).subtracting(known).subtracting(["--help"])
                #expect(missing.isEmpty, "photoz \(command): no page has \(missing)")
            }
            let missing = Self.options(helps["run"] ?? "").subtracting(
                Self.options(try Self.text(Self.catalogue + "/Options.md")))
            #expect(missing.subtracting(["--help", "--version"]).isEmpty, "Options.md lacks \(missing)")
        }

        @Test func everyKeyOfTheResultsIsDescribed() async throws {
            let scratch = try TemporaryFolder()
            let output = Output(folder: scratch.file("results"))
            let weights = Repository.fixture("small-weights.h5")
            let calibrated = try await Photoz.alone([
                "calibrate", "--weights", weights, "--data", Repository.galaxies, "--cell", "20", "--output",
                scratch.file("calibration.hdf5"), "--quiet",
            ])
            try #require(calibrated.exitCode == 0, "\(calibrated.report)")
            let run = try await Photoz.alone([
                "run", "--weights", weights, "--data", Repository.galaxies, "--output", output.folder, "--quiet",
                "--calibration", scratch.file("calibration.hdf5"),
            ])
            try #require(run.exitCode == 0, "\(run.report)")
            let results = try output.results()
            let distributions = try #require(results["distributions"] as? [String: Any])
            func compare(_ object: Any?, with page: String) throws {
                let text = try Self.text(Self.catalogue + "/" + page)
                let keys = try #require(object as? [String: Any]).keys
                try #require(!keys.isEmpty)
                for key in keys { #expect(text.contains("`\(key)`"), "\(page) lacks \(key)") }
            }
            try compare(results, with: "Results.md")
            try compare(distributions, with: "Results.md")
            try compare(results["metrics"], with: "Metrics.md")
            try compare(distributions["metrics"], with: "Metrics.md")
            try compare(results["flags"], with: "Flags.md")
        }

        @Test func everyExitCodeIsDescribed() throws {
            let codes = try Self.text(Repository.root + "/Sources/ExitCodes/ExitCode.swift")
                .matches(of: /case \w+ = (\d+)/).map { String($0.1) }
            let page = try Self.text(Self.catalogue + "/Exit-Codes.md")
            #expect(codes.count == 7)
            for code in codes { #expect(page.contains("| \(code) |") || page.contains("| **\(code)** |")) }
        }
    }
}
