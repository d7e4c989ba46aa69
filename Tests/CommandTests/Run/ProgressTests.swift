import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// What a run says of itself while it is under way: at a terminal, behind a launcher, and in a log.
    @Suite(.serialized) struct ProgressTests {
        private let folder = try! TemporaryFolder()
        /// A line of a log: the time, how far, how fast, how long.
        private static let line =
            #"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ photoz: about \d+% of 768 galaxies, \d+ galaxies/s, (\d+ min )?\d+ s left$"#

        /// A run with a warning: no identifier is the only one of its kind.
        ///
        /// - Parameter takesSeconds: Whether it takes longer than it takes a line to come, on any machine.
        private func command(takesSeconds: Bool = true) throws -> [String] {
            let survey = folder.file("survey")
            if !FileManager.default.fileExists(atPath: survey) {
                try FileManager.default.createDirectory(atPath: survey, withIntermediateDirectories: true)
                var twice = MockSurvey.Variation()
                twice.identifiers = (0..<768).map { "\($0 / 2)" }
                try MockSurvey().write(survey + "/1.h5", count: 768, twice)
            }
            return [
                Photoz.path, "run", "--weights", Repository.weights, "--data", survey, "--output",
                folder.file("out"), "--batch-size", "32",
            ] + (takesSeconds ? ["--instruction-set", "portable", "--views", "2"] : []) + ["--overwrite"]
        }

        private func lines(_ text: String, matching pattern: String) -> [Substring] {
            text.split(separator: "\n").filter { $0.range(of: pattern, options: .regularExpression) != nil }
        }

        private static func launched(_ words: [String], _ options: [String] = []) -> [String] {
            ["mpirun"] + options + ["-np", "2"] + words
        }

        @Test func linesWithTheTimeInALog() async throws {
            let alone = try await Launch.run(Photoz.path, Array(command().dropFirst()), limit: 200)
            let ranks = try await Photoz.run(
                ranks: 2, data: [folder.file("survey")], output: folder.file("out"), Array(command().dropFirst(8)),
                limit: 200)
            for outcome in [alone, ranks] {
                #expect(outcome.exitCode == 0 && !outcome.error.contains("\u{1b}"), "\(outcome.report)")
                #expect(!lines(outcome.error, matching: Self.line).isEmpty, "\(outcome.report)")
                #expect(
                    lines(outcome.error, matching: #"^\d{4}-.*Z photoz: warning: "#).count == 1, "\(outcome.report)")
            }
            let failed = try await Photoz.alone(Array(command().dropFirst().dropLast()))
            #expect(failed.exitCode == 73, "\(failed.report)")
            #expect(lines(failed.error, matching: #"^\d{4}-.*Z photoz: error: "#).count == 1, "\(failed.report)")
        }

        @Test("A bar, and no times, also where mpirun and a shell are between", arguments: [false, true])
        func barAtATerminal(isLaunched: Bool) async throws {
            let shell = ["sh", "-c", "\"$0\" \"$@\"; exit $?"]
            let words =
                try isLaunched
                ? Self.launched(shell + command(takesSeconds: false)) : command(takesSeconds: false)
            let outcome = try await Terminal.run(words, limit: 200)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let shown = outcome.text
            let bar = try #require(
                shown.range(
                    of: #"\r\x1b\[K\[#*\.+\] \d+%  \d+ galaxies/s, (\d+ min )?\d+ s left"#, options: .regularExpression),
                "\(outcome.report)")
            #expect(shown.contains("[\(String(repeating: "#", count: 30))] 100%"), "\(outcome.report)")
            #expect(!shown.contains("photoz: about"), "\(outcome.report)")
            // What the run is comes first, and once; what came of it last.
            let head = try #require(shown.range(of: "768 galaxies in 1 partition, "), "\(outcome.report)")
            let end = try #require(shown.range(of: "galaxies a second"), "\(outcome.report)")
            #expect(head.upperBound < bar.lowerBound && bar.upperBound < end.lowerBound, "\(outcome.report)")
            #expect(shown.components(separatedBy: "768 galaxies in").count == 2, "\(outcome.report)")
            #expect(shown.contains(isLaunched ? "2 ranks with 1 thread each" : "1 rank with 1 thread, "))
            #expect(!lines(shown, matching: #"(^|\x1b\[K)photoz: warning: "#).isEmpty, "\(outcome.report)")
        }

        @Test("Times that can be, and one full bar, where ranks take chunks", arguments: [false, true])
        func dynamicSchedule(isLaunched: Bool) async throws {
            let words = try command() + ["--schedule", "dynamic"]
            let start = ContinuousClock.now
            let outcome = try await Terminal.run(isLaunched ? Self.launched(words) : words, limit: 200)
            let whole = Double((ContinuousClock.now - start).components.seconds + 1)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let bars = outcome.text.matches(
                of: /\[#*\.*\] (\d+)%  (\d+) galaxies\/s, (?:(in)|(?:(\d+) min ?)?(?:(\d+) s )?left)/)
            #expect(bars.count > 3, "\(outcome.report)")
            // No bar has another form, such as one with days.
            #expect(bars.count == outcome.text.components(separatedBy: " galaxies/s, ").count - 1, "\(outcome.report)")
            #expect(bars.allSatisfy { $0.2 != "0" }, "\(outcome.report)")
            for bar in bars.dropLast() {
                let left = (bar.4.flatMap { Double($0) } ?? 0) * 60 + (bar.5.flatMap { Double($0) } ?? 0)
                #expect(bar.1 != "100" && bar.3 == nil && left < 5 * whole, "\(bar.0) of \(whole) s")
            }
            // Not only at the start, and not too early at the end.
            #expect(bars.contains { (20..<80).contains(Int($0.1) ?? 0) }, "\(outcome.report)")
            #expect(bars.last?.1 == "100" && bars.last?.3 != nil, "\(outcome.report)")
        }

        @Test("Lines where mpirun's or the rank's standard error is no terminal, or mpirun marks each line")
        func launchersWithoutABar() async throws {
            let version = try await Launch.run("mpirun", ["--version"], limit: 20)
            let isOpenMPI = version.output.contains("Open MPI") || version.output.contains("OpenRTE")
            // The folder has the program's name.
            let work = folder.file("photoz")
            try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
            let marks = isOpenMPI ? ["--wdir", work, "--tag-output"] : ["-wdir", work, "-prepend-rank"]
            let log = folder.file("log")
            let aside = ["sh", "-c", "\"$0\" \"$@\" 2>>\(log)"]
            for words in [
                aside + Self.launched(try command()),
                Self.launched(aside + (try command())),
            ] {
                try? FileManager.default.removeItem(atPath: log)
                let outcome = try await Terminal.run(words, limit: 200)
                let logged = try String(contentsOfFile: log, encoding: .utf8)
                #expect(outcome.exitCode == 0 && !outcome.text.contains("\u{1b}["), "\(outcome.report)")
                #expect(!lines(logged, matching: Self.line).isEmpty, "\(logged)")
            }
            // Of Open MPI 4; Open MPI 5 and MPICH have no variable for it.
            let variable = ["env", "OMPI_MCA_orte_tag_output=1"]
            let launches =
                [Self.launched(try command(), marks)]
                + (version.output.contains("Open MPI) 4") ? [variable + Self.launched(try command())] : [])
            for words in launches {
                let marked = try await Terminal.run(words, limit: 200)
                #expect(marked.exitCode == 0 && !marked.text.contains("\u{1b}["), "\(marked.report)")
                #expect(marked.text.contains(#"Z photoz: about "#), "\(marked.report)")
            }
        }

        @Test func whatTheRunIsAndWhatIsNext() async throws {
            let output = folder.file("re sults") + "/"
            let words = Array(try command().dropFirst())
            let place = try #require(words.firstIndex(of: "--output"))
            let quick = words[..<place] + ["--output", output, "--precision", "bf16", "--threads", "1"]
            let outcome = try await Photoz.alone(Array(quick), limit: 200)
            let lines = outcome.output.split(separator: "\n").map(String.init)
            try #require(outcome.exitCode == 0 && lines.count > 4, "\(outcome.report)")
            #expect(lines[0].hasPrefix("768 galaxies in 1 partition, 1 rank with 1 thread, "), "\(outcome.report)")
            #expect(lines[0].hasSuffix(", bf16"), "\(outcome.report)")
            #expect(lines[1].hasPrefix("Weights: \(Repository.weights): AstroMAE trained on"), "\(outcome.report)")
            #expect(lines[2].hasPrefix("These are demonstration weights: "), "\(outcome.report)")
            // The advice is a command: a shell runs it.
            let next = try #require(lines.last { $0.hasPrefix("Next: photoz ") }, "\(outcome.report)")
            let advice = next.replacing("Next: photoz ", with: "'\(Photoz.path)' ")
            let report = try await Launch.run("sh", ["-c", advice], limit: 60)
            #expect(report.exitCode == 0, "\(advice): \(report.report)")
            #expect(FileManager.default.fileExists(atPath: folder.file("re sults.html")), "\(advice): \(report.report)")
            let quiet = try await Photoz.alone(Array(quick) + ["--overwrite", "--quiet"], limit: 200)
            #expect(quiet.exitCode == 0 && quiet.output.isEmpty, "\(quiet.report)")
        }
    }
}
