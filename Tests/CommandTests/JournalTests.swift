import Foundation
import PhotozRecords
import TestSupport
import Testing

extension CommandTests {
    /// Journals that were damaged, that many ranks write, and that other versions have left.
    @Suite(.serialized) struct JournalTests {
        let scratch = try! TemporaryFolder()

        private func resume(_ output: Output, _ data: [String], _ more: [String] = []) async throws -> Outcome {
            try await Photoz.run(
                ranks: 2, data: data, output: output.folder, ResumeTests.options + ["--resume"] + more, limit: 60)
        }

        /// A journal's bytes, and where its records stand.
        private struct JournalBytes {
            let url: URL
            let bytes: [UInt8]
            let records: [(galaxies: Range<Int>, bytes: Range<Int>)]

            init(_ output: Output, _ name: String = "1-0") throws {
                url = URL(fileURLWithPath: output.folder + "/journal/" + name)
                let bytes = try [UInt8](Data(contentsOf: url))
                self.bytes = bytes
                var scanner = JournalScanner(columns: 4, total: 5000) { place, room in
                    room.copyBytes(from: bytes.dropFirst(place).prefix(room.count))
                    return min(room.count, max(0, bytes.count - place))
                }
                var found: [(Range<Int>, Range<Int>)] = []
                while let (head, place) = try scanner.next() {
                    found.append((head.galaxies, place..<place + head.recordSize))
                }
                records = found
            }

            var galaxies: Int { records.reduce(0) { $0 + $1.galaxies.count } }
        }

        /// Resumes a run, which must do again no more than it has to.
        private func expectSame(_ output: Output, _ stopped: ResumeTests.Stopped, resumed: Int) async throws {
            #expect(try await Status(of: output.folder).object["attempts"] as? Int == 1)
            let outcome = try await resume(output, stopped.data)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            #expect(try output.bytes("predictions.h5") == stopped.whole.bytes("predictions.h5"))
            #expect(try output.results()["resumed_samples"] as? Int == resumed)
            #expect(output.names == Output.finished)
        }

        /// A rank that is killed while it writes leaves a part of a record, and the others write behind it.
        @Test func aTornRecordHidesNoneBehindIt() async throws {
            let stopped = try await ResumeTests.Stopped.shared.value
            let half = try stopped.half(in: scratch)
            let journal = try JournalBytes(half)
            // Two ranks and more have written to the one file, each about its own share.
            try #require(journal.records.count >= 3, "\(journal.records)")
            let torn = journal.records[1]
            let middle = torn.bytes.lowerBound + torn.bytes.count / 2
            try Data(journal.bytes[..<middle] + journal.bytes[torn.bytes.upperBound...]).write(to: journal.url)
            let left = journal.galaxies - torn.galaxies.count
            #expect(try await Status(of: half.folder).done == left)
            try await expectSame(half, stopped, resumed: left)
        }

        @Test func damageCostsOnlyWhatIsDamaged() async throws {
            let stopped = try await ResumeTests.Stopped.shared.value
            var generator = SeededNumbers(seed: 6)
            let whole = try JournalBytes(stopped.half)
            let first = whole.records[0]
            let cases: [(name: String, bytes: ArraySlice<UInt8>, left: Int)] = [
                ("end", whole.bytes.dropLast(11), whole.galaxies - (whole.records.last?.galaxies.count ?? 0)),
                (
                    "bit",
                    {
                        var bytes = whole.bytes
                        bytes[Int.random(in: first.bytes, using: &generator)] ^= 4
                        return bytes[...]
                    }(), whole.galaxies - first.galaxies.count
                ),
                ("beginning", whole.bytes.prefix(17), 0),
            ]
            for (name, bytes, left) in cases {
                let half = try stopped.half(in: scratch, name)
                try Data(bytes).write(to: URL(fileURLWithPath: half.folder + "/journal/1-0"))
                try Data("{".utf8).write(to: URL(fileURLWithPath: half.folder + "/journal/notes.txt"))
                try await expectSame(half, stopped, resumed: left)
            }
        }

        /// Each attempt notes only which partitions are others than before.
        @Test func stampsOfLaterAttempts() async throws {
            let data = try MockSurvey().folder(TemporaryFolder(), counts: [600, 600, 600])
            let output = Output(folder: scratch.file("out"))
            let stamps = { (attempt: Int) in try? output.bytes("journal/stamps-\(attempt)").count }
            func stop(_ attempt: Int) async throws {
                async let run = Photoz.alone(
                    ["run", "--weights", Repository.weights, "--data"] + data + ["--output", output.folder]
                        + ["--quiet", "--resume", "--batch-size", "50"])
                let before = attempt == 1 ? 0 : try await Status(of: output.folder).done
                try await output.waitForFindings(galaxies: before + 50)
                for process in JobProcesses(word: output.folder).all where process.name == "photoz" {
                    kill(process.id, SIGUSR1)
                }
                let outcome = try await run
                try #require(outcome.exitCode == 75, "\(outcome.report)")
            }
            try await stop(1)
            // Three partitions of 40 bytes, a head of 32 and a checksum.
            #expect(stamps(1) == 32 + 3 * 40 + 4)
            try await stop(2)
            #expect(stamps(2) == 32 + 4)
            try MockSurvey().write(data[0] + "/3.h5", first: 99, count: 600)
            try await stop(3)
            #expect(stamps(3) == 32 + 40 + 4)
            // What the third attempt began with is what is there now; a fourth sees no change since, and one since the
            // first.
            let last = try await Photoz.alone(
                ["run", "--weights", Repository.weights, "--data"] + data + ["--output", output.folder, "--resume"])
            #expect(last.exitCode == 0 && last.error.contains("3.h5 was changed after"), "\(last.report)")
            let fresh = Output(folder: scratch.file("fresh"))
            let other = try await Photoz.run(ranks: 2, data: data, output: fresh.folder, limit: 60)
            try #require(other.exitCode == 0, "\(other.report)")
            #expect(try output.bytes("predictions.h5") == fresh.bytes("predictions.h5"))
        }

        @Test func sixtyFourRanksOfANodeHaveOneFile() async throws {
            let data = try MockSurvey().folder(TemporaryFolder(), counts: [6400])
            let (output, whole) = (Output(folder: scratch.file("64")), Output(folder: scratch.file("whole")))
            async let run = Photoz.run(
                ranks: 64, data: data, output: output.folder, ["--precision", "int8", "--batch-size", "10"], limit: 120)
            let end = ContinuousClock.now + .seconds(90)
            while try await Status(of: output.folder).done < 300, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(50))
            }
            for process in JobProcesses(word: output.folder).all where process.isLauncher { kill(process.id, SIGUSR1) }
            let stopped = try await run
            try #require(stopped.exitCode == 75, "\(stopped.report)")
            let journals = try FileManager.default.contentsOfDirectory(atPath: output.folder + "/journal")
                .filter { $0.first?.isNumber == true }
            #expect(journals == ["1-0"])
            // Findings of most ranks, of 100 galaxies each.
            let shares = Set(try JournalBytes(output).records.map { $0.galaxies.lowerBound / 100 })
            #expect(shares.count > 8, "\(shares)")
            let options = ["--precision", "int8", "--quiet"]
            let resumed = try await Photoz.run(
                ranks: 2, data: data, output: output.folder, options + ["--resume"], limit: 60)
            try #require(resumed.exitCode == 0, "\(resumed.report)")
            #expect((try output.results()["resumed_samples"] as? Int ?? 0) >= 300)
            let other = try await Photoz.run(ranks: 2, data: data, output: whole.folder, options, limit: 60)
            try #require(other.exitCode == 0, "\(other.report)")
            #expect(try output.bytes("predictions.h5") == whole.bytes("predictions.h5"))
        }

        /// As version 0.1.0 wrote them before journals had markers.
        @Test func aJournalOfTheFormerFormat() async throws {
            let stopped = try await ResumeTests.Stopped.shared.value
            let half = try stopped.half(in: scratch)
            let url = URL(fileURLWithPath: half.folder + "/journal/1-0")
            let bytes = try Data(contentsOf: url)
            try (Data("photozJ2".utf8) + bytes.dropFirst(8)).write(to: url)
            for more in [[], ["--resume"]] {
                let outcome = try await Photoz.run(
                    ranks: 2, data: stopped.data, output: half.folder, ResumeTests.options + more, limit: 30)
                #expect(outcome.exitCode == 73, "\(outcome.report)")
                #expect(outcome.error.contains("of another version of photoz"), "\(outcome.report)")
                #expect(outcome.error.contains("--overwrite"), "\(outcome.report)")
            }
            let status = try await Status(of: half.folder)
            #expect(status.exitCode == 73 && status.state == "other_format")
            let anew = try await Photoz.run(
                ranks: 2, data: stopped.data, output: half.folder, ResumeTests.options + ["--overwrite"], limit: 60)
            #expect(anew.exitCode == 0, "\(anew.report)")
            #expect(half.names == Output.finished)
        }
    }
}
