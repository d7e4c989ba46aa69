import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz calibrate`.
    @Suite(.serialized) struct CalibrateTests {
        private let scratch = try! TemporaryFolder()
        private static let small = Repository.fixture("small-weights.h5")
        /// The date that a calibration is said to have been made at.
        private static let date = ["SOURCE_DATE_EPOCH": "1800000000"]

        private func calibrate(
            _ name: String, _ data: [String], ranks: Int = 1, weights: String = small, _ more: [String] = [],
            environment: [String: String] = date
        ) async throws -> Outcome {
            try await Launch.mpirun(
                ranks: ranks, Photoz.path,
                ["calibrate", "--weights", weights, "--data"] + data + ["--output", scratch.file(name)] + more,
                limit: 120, environment: environment)
        }

        private func bytes(_ name: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: scratch.file(name)))
        }

        private func numbers(_ name: String, _ attributes: [String]) throws -> [Int] {
            let file = try File.open(scratch.file(name))
            return try attributes.map { try file.attribute($0, as: Int.self) }
        }

        /// An attribute that is a JSON object of numbers.
        private func object(_ attribute: String, of name: String) throws -> [String: Double] {
            let text = try File.open(scratch.file(name)).attributeString(attribute)
            return try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Double] ?? [:]
        }

        private static let counts = [
            "galaxies", "labelled", "without_magnitude", "without_prediction", "without_redshift",
        ]

        @Test("The same bytes for any number of ranks and any batch", arguments: ["cells", "smooth"])
        func sameForAnyRanks(method: String) async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 1500, partitions: 3)
            try survey.relabel { $0 % 50 == 7 ? .nan : $1 }
            try survey.changeMagnitudes { if $0 % 70 == 3 { $1[1] = -99 } }
            let options = ["--method", method, "--cell", "200"]
            for (ranks, batch) in [(1, 512), (2, 64), (3, 1000), (8, 7)] {
                let outcome = try await calibrate(
                    "\(ranks).hdf5", [survey.folder], ranks: ranks, options + ["--batch-size", "\(batch)"])
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                #expect(try bytes("\(ranks).hdf5") == bytes("1.hdf5"), "\(ranks) ranks, batches of \(batch)")
            }
            // Each is counted once: without a magnitude nobody asks for the redshift.
            let both = (0..<1500).count { $0 % 50 == 7 && $0 % 70 == 3 }
            let found = try numbers("1.hdf5", Self.counts)
            #expect(found == [1500, 1500 - 22 - 30 + both, 22, 0, 30 - both])
            let file = try File.open(scratch.file("1.hdf5"))
            #expect(try file.attributeString("created") == "2027-01-15T08:00:00Z")
            #expect(try file.attributeString("method") == method)
        }

        @Test func dateAloneDiffers() async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 600)
            let options = ["--method", "cells"]
            _ = try await calibrate("one.hdf5", [survey.folder], options)
            let now = try await calibrate("two.hdf5", [survey.folder], options, environment: [:])
            #expect(now.exitCode == 0, "\(now.report)")
            let stated = try File.open(scratch.file("two.hdf5")).attributeString("created")
            let date = try #require(ISO8601DateFormatter().date(from: stated))
            #expect(abs(date.timeIntervalSinceNow) < 120)
            let odd = try await calibrate(
                "three.hdf5", [survey.folder], options, environment: ["SOURCE_DATE_EPOCH": "yesterday"])
            #expect(odd.exitCode == 64 && odd.error.contains("SOURCE_DATE_EPOCH is yesterday"), "\(odd.report)")
            // Date and seal are all that differs, in the same places.
            let (one, two) = (try bytes("one.hdf5"), try bytes("two.hdf5"))
            #expect(one.count == two.count)
            #expect(zip(one.dropLast(32), two.dropLast(32)).count { $0 != $1 } <= 20 + 2 * 4)
        }

        @Test func summaryAndInspection() async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 900)
            let outcome = try await calibrate("c.hdf5", [survey.folder], ranks: 2, ["--method", "cells"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let words = ["900 labelled galaxies", "held-out check", "cells"]
            for words in words + ["2 ranks"] { #expect(outcome.output.contains(words), "\(words)\(outcome.report)") }
            #expect(outcome.error.contains("cannot be told whether the network was trained on"), "\(outcome.report)")
            let quiet = try await calibrate("q.hdf5", [survey.folder], ["--method", "cells", "--quiet"])
            #expect(quiet.exitCode == 0 && quiet.output.isEmpty, "\(quiet.report)")

            let inspected = try await Photoz.alone(["inspect", scratch.file("c.hdf5")])
            #expect(inspected.exitCode == 0, "\(inspected.report)")
            let sum = try await Launch.run("sha256sum", [Self.small], limit: 10).output.prefix(64)
            for words in words + [String(sum), "f32", "1 view", "magnitudes 0.0 to 90.0", "2027-01-15"] {
                #expect(inspected.output.contains(words), "\(words)\(inspected.report)")
            }
        }

        @Test("Names and places of files do not matter to the hash of the labelled galaxies, labels do")
        func hashOfLabels() async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 500)
            let copy = scratch.file("copy.h5")
            try FileManager.default.copyItem(atPath: survey.partition(), toPath: copy)
            func hash(_ name: String, _ data: String) async throws -> String {
                let outcome = try await calibrate(name, [data], ["--method", "cells"])
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                return try File.open(scratch.file(name)).attributeString("labelled_sha256")
            }
            let first = try await hash("1.hdf5", survey.folder)
            #expect(try await hash("2.hdf5", copy) == first)
            try survey.relabel { $0 == 250 ? $1 + 0.001 : $1 }
            #expect(try await hash("3.hdf5", survey.folder) != first)
        }

        @Test("Rows that cannot be read are left out when asked, and told of by the exit code")
        func unreadableRows() async throws {
            let path = scratch.file("bad.h5")
            var variation = MockSurvey.Variation()
            variation.changeImage = {
                $0[MockSurvey.pixels * 77] = .nan
                $0[MockSurvey.pixels * 201] = .infinity
            }
            try MockSurvey().write(path, count: 256, variation)
            let options = ["--method", "cells", "--cell", "60"]
            let stopped = try await calibrate("c.hdf5", [path], options)
            #expect(stopped.exitCode == 65 && stopped.error.contains("row 77"), "\(stopped.report)")
            #expect(!FileManager.default.fileExists(atPath: scratch.file("c.hdf5")))
            let skipped = try await calibrate("c.hdf5", [path], ranks: 2, options + ["--on-error", "skip"])
            #expect(skipped.exitCode == 65 && skipped.error.contains("2 rows could not be read"), "\(skipped.report)")
            #expect(try numbers("c.hdf5", Self.counts + ["skipped"]) == [256, 254, 0, 0, 0, 2])
        }

        @Test("Each labelled galaxy takes little memory, on rank 0 alone")
        func memory() async throws {
            try MockSurvey().write(scratch.file("one.h5"), count: 2048)
            func peaks(partitions: Int) async throws -> [Double] {
                let folder = scratch.file("\(partitions)")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                for number in 1...partitions {
                    try FileManager.default.createSymbolicLink(
                        atPath: "\(folder)/\(number).h5", withDestinationPath: scratch.file("one.h5"))
                }
                async let outcome = calibrate("\(partitions).hdf5", [folder], ranks: 2, ["--method", "smooth"])
                let peaks = try await ProportionalMemory.peaks(of: 2, withCommand: scratch.file("\(partitions).hdf5"))
                let finished = try await outcome
                try #require(finished.exitCode == 0 && peaks.count == 2, "\(peaks)\(finished.report)")
                return peaks
            }
            // A run of few galaxies ends before all that it keeps has been touched once.
            let (few, many) = (try await peaks(partitions: 15), try await peaks(partitions: 65))
            let bytes = zip(few, many).map { ($1 - $0) * 1e6 / (50 * 2048) }
            print("bytes that a labelled galaxy takes on each rank: \(bytes)")
            #expect(bytes[0] <= 200 && bytes[1] <= 60, "\(few) MB, \(many) MB")
        }

        // MARK: What is refused

        @Test func unusableData() async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 600)
            func refused(_ words: [String], _ more: [String] = ["--method", "cells"], data: String? = nil) async throws
            {
                let outcome = try await calibrate("c.hdf5", [data ?? survey.folder], ranks: 2, more)
                #expect(outcome.exitCode == 65, "\(outcome.report)")
                for words in words { #expect(outcome.error.contains(words), "\(words)\(outcome.report)") }
                #expect(!FileManager.default.fileExists(atPath: scratch.file("c.hdf5")))
                #expect(!FileManager.default.fileExists(atPath: scratch.file("inprogress_c.hdf5")))
            }
            try await refused(["smooth", "1000"], [])
            try await refused(["600", "601"], ["--method", "cells", "--cell", "601"])
            try survey.relabel { _, _ in .nan }
            try await refused(["none of the 600 galaxies can be used", "600 without a redshift"])
            try survey.relabel { galaxy, _ in galaxy < 150 ? 0.1 : -9 }
            try await refused(["150", "200", "450 without a redshift"])
            try MockSurvey().write(scratch.file("unlabelled.h5"), count: 300, .init(hasRedshift: false))
            try await refused(["no partition has a data set redshift"], data: scratch.file("unlabelled.h5"))
            try MockSurvey().write(scratch.file("empty.h5"), count: 0)
            try await refused(["holds no galaxies"], data: scratch.file("empty.h5"))
        }

        @Test("All galaxies identical: residuals that are one number are no distribution")
        func identical() async throws {
            let path = scratch.file("same.h5")
            var variation = MockSurvey.Variation()
            variation.changeImage = { images in
                let first = Array(images[..<MockSurvey.pixels])
                for start in stride(from: 0, to: images.count, by: first.count) {
                    images.replaceSubrange(start..<start + first.count, with: first)
                }
            }
            variation.changeMagnitudes = { for place in $0.indices { $0[place] = $0[place % 5] } }
            try MockSurvey().write(path, count: 400, variation)
            let file = try File.openForWriting(path)
            try file.dataset("redshift").write(rows: 0..<400, from: [Float](repeating: 0.1, count: 400))
            try file.close()
            for method in ["cells", "smooth"] {
                let outcome = try await calibrate("c.hdf5", [path], ["--method", method, "--cell", "100"])
                #expect(outcome.exitCode == 65 && outcome.error.contains(path), "\(outcome.report)")
                #expect(outcome.error.contains("same"), "\(outcome.report)")
            }
        }

        @Test("Galaxies that come many times: cells with ties, the same for any number of ranks")
        func ties() async throws {
            try MockSurvey().write(scratch.file("ties.h5"), count: 2000)
            for ranks in [1, 3] {
                let outcome = try await calibrate(
                    "\(ranks).hdf5", [scratch.file("ties.h5")], ranks: ranks, ["--method", "cells", "--cell", "50"])
                #expect(outcome.exitCode == 0, "\(outcome.report)")
            }
            #expect(try bytes("1.hdf5") == bytes("3.hdf5"))
        }

        @Test func outputThatIsThere() async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 500)
            func attempt(_ name: String, _ more: [String] = []) async throws -> Outcome {
                try await calibrate(name, [survey.folder], ["--method", "cells"] + more)
            }
            #expect(try await attempt("c.hdf5").exitCode == 0)
            let before = try bytes("c.hdf5")
            let again = try await attempt("c.hdf5")
            #expect(again.exitCode == 73 && again.error.contains("--overwrite"), "\(again.report)")
            #expect(try bytes("c.hdf5") == before)
            let other = try await attempt("c.hdf5", ["--overwrite", "--cell", "100"])
            #expect(try other.exitCode == 0 && bytes("c.hdf5") != before, "\(other.report)")

            try Data("mine".utf8).write(to: URL(fileURLWithPath: scratch.file("notes.hdf5")))
            let foreign = try await attempt("notes.hdf5", ["--overwrite"])
            #expect(foreign.exitCode == 73 && foreign.error.contains("not a calibration"), "\(foreign.report)")
            #expect(try bytes("notes.hdf5") == Data("mine".utf8))
            let beside = try await attempt("survey/c.hdf5")
            #expect(beside.exitCode == 73 && beside.error.contains("folder of the partitions"), "\(beside.report)")
            let nowhere = try await attempt("nowhere/c.hdf5")
            #expect(nowhere.exitCode == 73 && nowhere.error.contains("is not a folder"), "\(nowhere.report)")
        }

        @Test(arguments: [["--cell", "19"], ["--views", "9"], ["--views", "1"], ["--method", "magic"]])
        func wrongUsage(options: [String]) async throws {
            let outcome = try await calibrate("c.hdf5", [Repository.galaxies], options)
            #expect(outcome.exitCode == 64 && outcome.error.contains(options[0]), "\(outcome.report)")
        }
    }
}
