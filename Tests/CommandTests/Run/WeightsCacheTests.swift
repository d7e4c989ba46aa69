import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Packed weights that are kept from one start to the next: they change how long it takes, and nothing else.
    @Suite(.serialized) struct WeightsCacheTests {
        private let scratch = try! TemporaryFolder()
        private static let small = Repository.fixture("small-weights.h5")
        private static let data = [Repository.galaxies]
        private var environment: [String: String] { ["XDG_CACHE_HOME": scratch.path] }
        private var folder: String { scratch.file("photoz") }
        private var kept: [String] { Output(folder: folder).names }

        /// The predictions, and where the weights came from.
        private func run(
            _ name: String, weights: String = small, ranks: Int = 2, _ more: [String] = []
        ) async throws -> (bytes: Data, origin: String?) {
            let output = Output(folder: scratch.file(name))
            let outcome = try await Photoz.run(
                ranks: ranks, data: Self.data, output: output.folder, weights: weights,
                ["--overwrite", "--quiet"] + more, limit: 60, environment: environment)
            try #require(outcome.exitCode == 0 && !outcome.error.contains("cache"), "\(outcome.report)")
            return (try output.bytes("predictions.h5"), try origin(output))
        }

        private func origin(_ output: Output) throws -> String? {
            (try output.results()["provenance"] as? [String: Any])?["weights_from"] as? String
        }

        @Test(
            "The same bytes without a cache, with an empty one and with a full one", arguments: ["f32", "bf16", "int8"])
        func sameBytes(precision: String) async throws {
            let precision = ["--precision", precision]
            for (number, weights) in [Self.small, Repository.weights].enumerated() {
                let without = try await run("0", weights: weights, precision + ["--no-weights-cache"])
                #expect(without.origin == "packed" && kept.count == number)
                let first = try await run("1", weights: weights, precision)
                #expect(first.origin == "packed and cached" && kept.count == number + 1)
                let second = try await run("2", weights: weights, ranks: 3, precision)
                #expect(second.origin == "cache" && kept.count == number + 1)
                #expect(first.bytes == without.bytes && second.bytes == without.bytes)
                // Another layout of the same weights.
                let portable = try await run(
                    "3", weights: weights, precision + ["--instruction-set", "portable", "--no-weights-cache"])
                let other = try await run("4", weights: weights, precision + ["--instruction-set", "portable"])
                #expect(other.bytes == portable.bytes && other.origin == "packed and cached")
                try FileManager.default.removeItem(atPath: folder + "/" + kept[kept.count - 1])
            }
        }

        @Test func damagedForeignAndUntrustedFilesArePassedOver() async throws {
            let right = try await run("right")
            let file = folder + "/" + (try #require(kept.first))
            let url = URL(fileURLWithPath: file)
            let whole = try Data(contentsOf: url)
            let other = try await run("other", ["--precision", "bf16"])
            #expect(other.origin == "packed and cached" && other.bytes != right.bytes)
            let foreign = folder + "/" + (try #require(kept.first { !file.hasSuffix($0) }))
            var changed = whole
            changed[whole.count / 2] ^= 64
            let cases: [(String, () throws -> Void)] = [
                ("damaged", { try changed.write(to: url) }),
                ("cut short", { try whole.prefix(whole.count - 1000).write(to: url) }),
                ("empty", { try Data().write(to: url) }),
                ("of another layout", { try Data(contentsOf: URL(fileURLWithPath: foreign)).write(to: url) }),
                ("writable by others", { chmod(file, 0o666) }),
                (
                    "a link",
                    {
                        try FileManager.default.moveItem(atPath: file, toPath: scratch.file("kept"))
                        try FileManager.default.createSymbolicLink(
                            atPath: file, withDestinationPath: scratch.file("kept"))
                    }
                ),
            ]
            for (name, spoil) in cases {
                try spoil()
                let mended = try await run("out")
                #expect(mended.bytes == right.bytes && mended.origin == "packed and cached", "\(name)")
                #expect(try Data(contentsOf: url) == whole, "\(name)")
                #expect(try await run("out").origin == "cache", "\(name)")
            }
        }

        @Test func twoRunsAtOnce() async throws {
            async let first = run("1", weights: Repository.weights)
            async let second = run("2", weights: Repository.weights)
            let (one, two) = try await (first, second)
            #expect(one.bytes == two.bytes && kept.count == 1)
            let third = try await run("3", weights: Repository.weights)
            #expect(third.bytes == one.bytes && third.origin == "cache")
        }

        @Test func foldersThatCannotBeWritten() async throws {
            let output = Output(folder: scratch.file("out"))
            func run(_ environment: [String: String], _ command: [String]) async throws -> Outcome {
                try await Launch.run(
                    command[0],
                    command.dropFirst() + [
                        Photoz.path, "run", "--weights", Repository.weights, "--data", Repository.galaxies,
                        "--output", output.folder, "--overwrite", "--quiet",
                    ], limit: 60, environment: environment)
            }
            let tmpfs = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
            let elsewhere = try TemporaryFolder()
            let cases: [(String, [String: String], [String])] = [
                ("missing", ["XDG_CACHE_HOME": scratch.file("no/where")], ["env"]),
                ("relative", ["XDG_CACHE_HOME": "relative", "HOME": scratch.file("nowhere")], ["env"]),
                ("unknown", [:], ["env", "-u", "XDG_CACHE_HOME", "-u", "HOME"]),
                (
                    "read-only", ["XDG_CACHE_HOME": elsewhere.path],
                    tmpfs + ["mount -t tmpfs -o ro tmpfs \"$0\" && exec \"$@\"", elsewhere.path]
                ),
                (
                    "full", ["XDG_CACHE_HOME": elsewhere.path],
                    tmpfs + ["mount -t tmpfs -o size=1m tmpfs \"$0\" && exec \"$@\"", elsewhere.path]
                ),
                (
                    "limited", ["XDG_CACHE_HOME": elsewhere.path],
                    ["bash", "-c", "ulimit -f 40000; exec \"$@\"", "bash"]
                ),
            ]
            for (name, environment, command) in cases {
                let outcome = try await run(environment, command)
                #expect(outcome.exitCode == 0 && outcome.error == "", "\(name): \(outcome.report)")
                #expect(try origin(output) == "packed", "\(name)")
            }
            #expect(Output(folder: elsewhere.file("photoz")).names == [], "nothing half-written")
        }

        @Test func faultsOfWeightsAreTheSameAtEachStart() async throws {
            let weights = try SmallWeights()
            for (name, change, _) in SmallWeights.faults { try weights.write(scratch.file(name), change) }
            // A file that has just been written is not kept yet.
            try await Task.sleep(for: .seconds(4))
            for (name, _, words) in SmallWeights.faults {
                var said: Set<String> = []
                for _ in 0..<2 {
                    let outcome = try await Launch.run(
                        Photoz.path,
                        [
                            "run", "--weights", scratch.file(name), "--data", Repository.galaxies, "--output",
                            scratch.file("out"),
                        ], limit: 30, environment: environment)
                    #expect(outcome.exitCode == 65 && words.allSatisfy(outcome.error.contains), "\(outcome.report)")
                    // Without the times of the lines.
                    said.insert(outcome.error.replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /#, with: ""))
                }
                #expect(said.count == 1 && kept == [], "\(name): \(said)")
            }
        }

        @Test(
            "Weights that lie in other files are not kept: their hash stays when these change",
            arguments: [true, false])
        func linkedWeights(isVirtual: Bool) async throws {
            let (weights, other) = (scratch.file("linked.h5"), scratch.file("other.h5"))
            try SmallWeights().write(weights) { $0["head.bias"] = nil }
            let values = (0..<16).map { Double($0) / 16 }
            RawHDF5.create(other) { RawHDF5.write($0, "head.bias", shape: [16], values, .init(), .contiguous) }
            RawHDF5.add(to: weights) {
                let layout: RawHDF5.Layout = isVirtual ? .virtual([("other.h5", 0..<16)]) : .raw(scratch.file("raw"))
                RawHDF5.write($0, "head.bias", shape: [16], values, .init(), layout)
            }
            try await Task.sleep(for: .seconds(4))
            let first = try await run("out", weights: weights)
            let second = try await run("out", weights: weights)
            #expect(first.origin == "packed" && second.origin == "packed" && first.bytes == second.bytes)
            #expect(kept == [])
            let changed = values.map { $0 + 1 }
            if isVirtual {
                RawHDF5.create(other) { RawHDF5.write($0, "head.bias", shape: [16], changed, .init(), .contiguous) }
            } else {
                try changed.map(Float.init).withUnsafeBytes {
                    try Data($0).write(to: URL(fileURLWithPath: scratch.file("raw")))
                }
            }
            #expect(try await run("out", weights: weights).bytes != first.bytes)
        }

        @Test func weightsThatWereJustWrittenAreNotKept() async throws {
            let weights = scratch.file("new.h5")
            for _ in 0..<2 {
                try? FileManager.default.removeItem(atPath: weights)
                try FileManager.default.copyItem(atPath: Self.small, toPath: weights)
                #expect(try await run("out", weights: weights).origin == "packed")
            }
            try await Task.sleep(for: .seconds(4))
            #expect(try await run("out", weights: weights).origin == "packed and cached")
            // The same content under any name.
            #expect(try await run("out").origin == "cache")
        }

        @Test func calibrations() async throws {
            let survey = try await LabelledSurvey(scratch.file("survey"), galaxies: 1500, partitions: 2)
            func calibrate(_ name: String, _ more: [String] = []) async throws -> Data {
                let outcome = try await Launch.mpirun(
                    ranks: 2, Photoz.path,
                    ["calibrate", "--weights", Self.small, "--data", survey.folder, "--output", scratch.file(name)]
                        + more, limit: 60, environment: environment.merging(["SOURCE_DATE_EPOCH": "1800000000"]) { $1 })
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                return try Data(contentsOf: URL(fileURLWithPath: scratch.file(name)))
            }
            let without = try await calibrate("0.hdf5", ["--no-weights-cache"])
            #expect(kept == [])
            let first = try await calibrate("1.hdf5")
            #expect(kept.count == 1)
            let second = try await calibrate("2.hdf5")
            #expect(first == without && second == without)
        }

        @Test func residentProcessesAndMeasurements() async throws {
            func serve(_ name: String, _ more: [String] = []) async throws -> Data {
                let request = "{\"data\": \"\(Repository.galaxies)\", \"output\": \"\(scratch.file(name))\"}\n"
                try request.write(toFile: scratch.file("request"), atomically: true, encoding: .utf8)
                let outcome = try await Launch.run(
                    "sh",
                    ["-c", "exec \"$@\" < \"$0\"", scratch.file("request"), Photoz.path, "serve"]
                        + ["--weights", Self.small] + more, limit: 30, environment: environment)
                try #require(outcome.exitCode == 0 && outcome.output.contains("\"ok\":true"), "\(outcome.report)")
                return try Data(contentsOf: URL(fileURLWithPath: scratch.file(name)))
            }
            let without = try await serve("0.h5", ["--no-weights-cache"])
            #expect(kept == [])
            let first = try await serve("1.h5")
            #expect(kept.count == 1)
            let second = try await serve("2.h5")
            #expect(first == without && second == without)
            // What one command has kept, the others take.
            let run = try await run("run")
            #expect(run.origin == "cache" && run.bytes == without)
            // A measurement takes and keeps nothing: it is of this program and this processor.
            try? FileManager.default.removeItem(atPath: folder)
            let outcome = try await Photoz.alone(["bench", "--weights", Self.small], environment: environment)
            #expect(outcome.exitCode == 0 && kept == [], "\(outcome.report)")
        }

        @Test func whatTheDoctorSays() async throws {
            func said(_ environment: [String: String]) async throws -> String {
                let outcome = try await Photoz.alone(["doctor", "--folder", scratch.path], environment: environment)
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                return outcome.output.split(separator: "\n").first { $0.hasPrefix("packed weights") }.map(String.init)
                    ?? ""
            }
            #expect(try await said(environment).hasSuffix("\(folder): not there yet"))
            #expect(kept == [])
            _ = try await run("out")
            #expect(try await said(environment).contains("\(folder): 1 file"))
            #expect(
                try await said(["XDG_CACHE_HOME": "", "HOME": scratch.path]).contains(scratch.file(".cache/photoz")))
            #expect(try await said(["XDG_CACHE_HOME": "x", "HOME": "x"]).contains("none: "))
            chmod(folder, 0o777)
            #expect(try await said(environment).contains("not used: can be written by other users"))
        }
    }
}
