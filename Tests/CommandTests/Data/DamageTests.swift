import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Partitions that are damaged, change or go away while a run reads them; `--on-error skip`.
    @Suite(.serialized) struct DamageTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()
        private var output: Output { Output(folder: scratch.file("out")) }
        /// For runs that must last some seconds, but not many.
        private let quick = ["--precision", "bf16"]

        private func run(_ more: [String] = [], ranks: Int = 2) async throws -> Outcome {
            try await Photoz.run(ranks: ranks, data: [input.path], output: output.folder, more, limit: 60)
        }

        private func skipped() throws -> [String: Any] { try output.results()["skipped"] as? [String: Any] ?? [:] }

        // MARK: Leaving out

        @Test func badFilesAndRowsAreLeftOutAndTold() async throws {
            try MockSurvey().write(input.file("1.h5"), count: 300)
            try MockSurvey().write(
                input.file("2.h5"), first: 300, count: 300,
                .init(
                    changeImage: {
                        $0[7 * MockSurvey.pixels] = .nan
                        $0[299 * MockSurvey.pixels + 3] = .infinity
                    }, changeMagnitudes: { $0[8 * 5] = .infinity }))
            try Data("no HDF5".utf8).write(to: URL(fileURLWithPath: input.file("3.h5")))
            try MockSurvey().write(input.file("4.h5"), first: 600, count: 100, .init(omit: ["magnitudes"]))
            let stopping = try await run()
            #expect(stopping.exitCode == 65 && stopping.error.contains("3.h5"), "\(stopping.report)")
            var reference: Data?
            for (ranks, more) in [(1, []), (2, ["--batch-size", "50"]), (3, ["--schedule", "dynamic"])] {
                let outcome = try await run(["--on-error", "skip", "--overwrite"] + more, ranks: ranks)
                #expect(outcome.exitCode == 65, "\(outcome.report)")
                for word in ["the run is finished", "2 partitions and 2 rows", "3.h5", "Results.json"] {
                    #expect(outcome.error.contains(word), "\(word): \(outcome.report)")
                }
                #expect(output.names == Output.finished)
                let bytes = try output.bytes("predictions.h5")
                #expect(bytes == reference ?? bytes, "\(ranks) \(more)")
                reference = bytes
            }
            let predictions = try output.floats("redshift_predicted")
            #expect(predictions.count == 600)
            #expect(predictions.indices.filter { predictions[$0].isNaN } == [307, 308, 599])
            let (files, rows) = (try skipped()["files"] as? [[String: Any]], try skipped()["rows"] as? [[String: Any]])
            #expect(files?.compactMap { $0["file"] as? String } == ["3.h5", "4.h5"])
            #expect(files?.last.map { ($0["reason"] as? String ?? "").contains("magnitudes: is missing") } == true)
            #expect(Set(rows?.compactMap { $0["first_row"] as? Int } ?? []) == [7, 299])
            #expect(rows?.allSatisfy { $0["file"] as? String == "2.h5" } == true)
            #expect(try skipped()["num_samples"] as? Int == 2)
            #expect((try output.results()["metrics"] as? [String: Any])?["N"] as? Int == 597)
        }

        @Test func nothingIsLeftOutOfAGoodSurvey() async throws {
            try MockSurvey().write(input.file("1.h5"), count: 30)
            let outcome = try await run(["--on-error", "skip"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(try skipped()["num_samples"] as? Int == 0 && (try skipped()["files"] as? [Any])?.isEmpty == true)
        }

        @Test func aSurveyOfBadFilesIsNoSurvey() async throws {
            try Data("no HDF5".utf8).write(to: URL(fileURLWithPath: input.file("3.h5")))
            let outcome = try await run(["--on-error", "skip"])
            #expect(outcome.exitCode == 65 && outcome.error.contains("3.h5"), "\(outcome.report)")
            #expect(!output.names.contains("Results.json"))
        }

        // MARK: While it runs

        /// Starts a run of files with 2 000 galaxies each, and does something to one that is not open yet.
        private func disturb(_ action: (String) throws -> Void, _ more: [String] = []) async throws -> Outcome {
            for name in ["1.h5", "2.h5"] { try MockSurvey().write(input.file(name), count: 2000) }
            try MockSurvey().write(input.file("3.h5"), count: 200)
            async let outcome = run(quick + more, ranks: 1)
            try await output.waitForFindings()
            try action(input.file("3.h5"))
            return try await outcome
        }

        @Test func aPartitionThatGoesAway() async throws {
            let aside = scratch.file("aside.h5")
            let outcome = try await disturb { try FileManager.default.moveItem(atPath: $0, toPath: aside) }
            #expect(outcome.exitCode == 66 && outcome.error.contains("3.h5"), "\(outcome.report)")
            try FileManager.default.moveItem(atPath: aside, toPath: input.file("3.h5"))
            try await expectNothingIsLost()
        }

        @Test func aPartitionThatIsCutShort() async throws {
            let outcome = try await disturb { path in
                let file = try #require(FileHandle(forUpdatingAtPath: path))
                try file.truncate(atOffset: 100_000)
            }
            #expect(outcome.exitCode == 65 && outcome.error.contains("3.h5"), "\(outcome.report)")
            try MockSurvey().write(input.file("3.h5"), count: 200)
            try await expectNothingIsLost()
        }

        @Test func aPartitionThatIsReplaced() async throws {
            let outcome = try await disturb { try MockSurvey().write($0, first: 9, count: 200) }
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            #expect(outcome.error.contains("3.h5: was changed after the job started"), "\(outcome.report)")
            try await expectNothingIsLost()
        }

        @Test func aPartitionThatGoesAwayIsLeftOut() async throws {
            let outcome = try await disturb(
                { try FileManager.default.removeItem(atPath: $0) }, ["--on-error", "skip"])
            #expect(outcome.exitCode == 65 && outcome.error.contains("200 rows"), "\(outcome.report)")
            let rows = try skipped()["rows"] as? [[String: Any]]
            #expect(rows?.count == 1 && rows?[0]["rows"] as? Int == 200 && rows?[0]["first_row"] as? Int == 0)
            #expect(try output.floats("redshift_predicted").prefix(4000).allSatisfy { $0.isFinite })
        }

        /// Identifiers are those of the galaxies that were predicted, whatever becomes of the file afterwards.
        @Test(arguments: [[], ["--on-error", "skip"]], [true, false])
        func aPartitionThatHasBeenReadIsNotReadAgain(_ more: [String], isReplaced: Bool) async throws {
            let names = (0..<400).map { "name \($0) \u{2606}" }
            try MockSurvey().write(input.file("1.h5"), count: 400, .init(identifiers: names))
            let others = (0..<2200).map { "other \($0)" }
            try MockSurvey().write(input.file("2.h5"), first: 400, count: 2200, .init(identifiers: others))
            async let run = run(quick + ["--csv"] + more, ranks: 1)
            try await output.waitForFindings()
            try FileManager.default.removeItem(atPath: input.file("1.h5"))
            if isReplaced {
                try MockSurvey().write(input.file("1.h5"), count: 400, .init(identifiers: Array(others.prefix(400))))
            }
            let outcome = try await run
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let carried = try File.open(output.folder + "/predictions.h5").dataset("object_id")
            #expect(try carried.readStrings(rows: 0..<2600) == names + others)
            let lines = String(decoding: try output.bytes("predictions.csv"), as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 2601 && lines[400].hasPrefix("1.h5,399,name 399 \u{2606},"), "\(lines[400])")
        }

        /// Goes on with the run, and compares with one that nothing disturbed.
        private func expectNothingIsLost() async throws {
            let outcome = try await run(quick + ["--resume"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect((try output.results()["resumed_samples"] as? Int ?? 0) > 0)
            let fresh = Output(folder: scratch.file("fresh"))
            let other = try await Photoz.run(ranks: 2, data: [input.path], output: fresh.folder, quick, limit: 60)
            #expect(other.exitCode == 0, "\(other.report)")
            #expect(try output.bytes("predictions.h5") == fresh.bytes("predictions.h5"))
        }

        // MARK: Flipped bits

        @Test(arguments: [true, false]) func flippedBits(isChecked: Bool) async throws {
            let path = input.file("1.h5")
            if isChecked {
                try MockSurvey().writeChecked(path, count: 64)
            } else {
                try MockSurvey().write(path, count: 64, .init(isCompressed: false))
            }
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            var codes: [Int] = []
            for number in 0..<12 {
                var generator = SeededNumbers(seed: UInt64(number))
                var bytes = whole
                // Behind the file's own structures, where images are.
                let place = Int.random(in: whole.count / 4..<whole.count * 3 / 4, using: &generator)
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                try bytes.write(to: URL(fileURLWithPath: path))
                let outcome = try await Photoz.alone(
                    ["run", "--weights", Repository.weights, "--data", path, "--output", output.folder, "--overwrite"],
                    limit: 20)
                codes.append(outcome.exitCode)
                if isChecked {
                    #expect(outcome.exitCode == 65, "\(number): \(outcome.report)")
                    #expect(outcome.error.contains("1.h5: images:"), "\(number): \(outcome.report)")
                } else {
                    // A pixel may be anything; only one that is no number can be noticed.
                    #expect([0, 65].contains(outcome.exitCode), "\(number): \(outcome.report)")
                }
            }
            if !isChecked { #expect(codes.contains(0)) }
        }
    }
}
