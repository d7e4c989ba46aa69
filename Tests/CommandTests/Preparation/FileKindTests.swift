import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Files of another kind than a command takes, and files under names that are not usual.
    @Suite(.serialized) struct FileKindTests {
        private let folder = try! TemporaryFolder()
        private static let small = Repository.fixture("small-weights.h5")

        private static let kinds: [(name: String, bytes: [UInt8], words: [String])] = [
            (
                "fits", Array("SIMPLE  =                    T".utf8),
                ["is a FITS file", "python -m photoz partitions", "Documentation.docc/Input-Files.md"]
            ),
            (
                "parquet", Array("PAR1".utf8) + [0x15, 0, 0x15],
                ["is a Parquet file", "python -m photoz partitions", ".npz"]
            ),
            ("csv", Array("ra,dec,u,g\n1,2,3,4\n".utf8), ["is a table in text", "photoz simulate --catalog"]),
            ("tsv", Array("\u{feff}ra\tdec\n1\t2\n".utf8), ["is a table in text"]),
            ("json", Array("{\"data_map\": {}}".utf8), ["is a JSON file", "--payload"]),
            ("npy", [0x93] + Array("NUMPY".utf8) + [1, 0], ["single NumPy array", "numpy.savez"]),
            (
                "npz",
                [0x50, 0x4b, 3, 4] + [UInt8](repeating: 0, count: 22) + [10, 0, 0, 0] + Array("images.npy".utf8),
                ["archive of NumPy arrays", "photoz import"]
            ),
            (
                "pt",
                [0x50, 0x4b, 3, 4] + [UInt8](repeating: 0, count: 22) + [14, 0, 0, 0] + Array("model/data.pkl".utf8),
                ["is a PyTorch file", "photoz import"]
            ),
            ("pickle", [0x80, 2, 0x8a, 0x0a], ["pickle", "PyTorch 1.6"]),
            ("gzip", [0x1f, 0x8b, 8, 0], ["packed by gzip", "unpack"]),
            ("lfs", Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8), ["git lfs pull"]),
            ("html", Array("<!DOCTYPE html><html>".utf8), ["web page", "copy the file again"]),
            ("empty", [], ["is empty", "copy the file again"]),
        ]

        @Test func aFileOfAnotherKindIsCalledByItsName() async throws {
            for (name, bytes, words) in Self.kinds {
                let file = folder.file(name + ".h5")
                try Data(bytes).write(to: URL(fileURLWithPath: file))
                var commands = [
                    ["run", "--weights", Self.small, "--data", file, "--output", folder.file("out")],
                    ["run", "--weights", file, "--data", Repository.galaxies, "--output", folder.file("out")],
                ]
                // JSON of this program is something that inspect takes.
                if name != "json" { commands.append(["inspect", file]) }
                for command in commands {
                    let outcome = try await Photoz.alone(command)
                    #expect(outcome.exitCode == 65 && outcome.error.contains(file), "\(name): \(outcome.report)")
                    for word in words { #expect(outcome.error.contains(word), "\(name): \(outcome.report)") }
                    #expect(outcome.error.split(separator: "\n").count == 1, "\(name): \(outcome.report)")
                }
            }
        }

        @Test func aFolderOfAnotherKind() async throws {
            let survey = folder.file("fits")
            try FileManager.default.createDirectory(atPath: survey, withIntermediateDirectories: true)
            try Data("SIMPLE  =                    T".utf8).write(to: URL(fileURLWithPath: survey + "/1.fits"))
            let outcome = try await Photoz.alone(
                ["run", "--weights", Self.small, "--data", survey, "--output", folder.file("out")])
            #expect(outcome.exitCode == 66, "\(outcome.report)")
            for words in ["holds no partitions", "1.fits: is a FITS file"] { #expect(outcome.error.contains(words)) }
        }

        @Test func endingsOfHDF5InAnyLetters() async throws {
            let survey = folder.file("survey")
            try FileManager.default.createDirectory(atPath: survey, withIntermediateDirectories: true)
            let names = ["1.H5", "2.hdf", "3.he5", "4.HDF5", "5.h5"]
            for (index, name) in names.enumerated() {
                try MockSurvey().write(survey + "/" + name, first: index * 8, count: 8)
            }
            let output = Output(folder: folder.file("out"))
            let run = try await Photoz.alone(
                ["run", "--weights", Self.small, "--data", survey, "--output", output.folder, "--quiet"])
            #expect(run.exitCode == 0, "\(run.report)")
            let found = try File.open(output.folder + "/predictions.h5").attributeStrings("partitions")
            #expect(found == names)
            let redshifts: [Float] = try File.open(Repository.galaxies).dataset("redshift").readAll()
            #expect(try output.floats("redshift") == Array(redshifts.prefix(40)))
        }

        @Test func aNameThatIsNotUTF8() async throws {
            let survey = folder.file("survey")
            try FileManager.default.createDirectory(atPath: survey, withIntermediateDirectories: true)
            try MockSurvey().write(survey + "/1.h5", count: 8)
            func put(_ name: [UInt8]) {
                let path = Array((survey + "/").utf8) + name
                let descriptor = (path + [0]).withUnsafeBytes {
                    open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o644)
                }
                close(descriptor)
            }
            let command = ["run", "--weights", Self.small, "--data", survey, "--output", folder.file("out"), "--quiet"]
            put(Array("caf".utf8) + [0xe9] + Array(".txt".utf8))
            let ignored = try await Photoz.alone(command)
            #expect(ignored.exitCode == 0, "\(ignored.report)")
            put(Array("caf".utf8) + [0xe9] + Array(".h5".utf8))
            let refused = try await Photoz.alone(command + ["--overwrite"])
            #expect(refused.exitCode == 65 && refused.error.contains("not UTF-8"), "\(refused.report)")
            let skipped = try await Photoz.alone(command + ["--overwrite", "--on-error", "skip"])
            #expect(skipped.exitCode == 65 && skipped.error.contains("1 partition"), "\(skipped.report)")
            #expect(try Output(folder: folder.file("out")).floats("redshift_predicted").count == 8)
            let shell = try await Launch.run(
                "bash", ["-c", "\(Photoz.path) run --weights w.h5 --data $'caf\\xe9' --output o"], limit: 20)
            #expect(shell.exitCode == 64 && shell.error.contains("not UTF-8"), "\(shell.report)")
        }

        @Test func columnsThatTheUserNamesMustBeThere() async throws {
            let survey = folder.file("survey")
            try FileManager.default.createDirectory(atPath: survey, withIntermediateDirectories: true)
            var plain = MockSurvey.Variation()
            plain.hasRedshift = false
            try MockSurvey().write(survey + "/1.h5", count: 8, plain)
            let command = ["run", "--weights", Self.small, "--data", survey, "--output", folder.file("out"), "--quiet"]
            for (option, name) in [("--redshift", "zspec"), ("--object-id", "name"), ("--redshift", "redshift")] {
                let run = try await Photoz.alone(command + [option, name])
                let inspect = try await Photoz.alone(["inspect", survey + "/1.h5", option, name])
                for outcome in [run, inspect] {
                    #expect(outcome.exitCode == 65, "\(outcome.report)")
                    #expect(
                        outcome.error.contains("no data set") || outcome.error.contains("no partition"),
                        "\(outcome.report)")
                    #expect(
                        outcome.error.contains("\"\(name)\"") && outcome.error.contains(option), "\(outcome.report)")
                }
            }
            // One file that has them is enough, and what nobody named may be missing.
            try MockSurvey().write(survey + "/2.h5", first: 8, count: 8)
            let named = try await Photoz.alone(command + ["--redshift", "redshift"])
            #expect(named.exitCode == 0, "\(named.report)")
            let unknown = try Output(folder: folder.file("out")).floats("redshift").prefix(8)
            let areUnknown = unknown.allSatisfy { $0.isNaN }
            #expect(areUnknown)
        }
    }
}
