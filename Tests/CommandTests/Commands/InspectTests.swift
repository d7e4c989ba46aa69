import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz inspect`, and what the program says of itself.
    @Suite(.serialized) struct InspectTests {
        let input = try! TemporaryFolder()

        @Test func theDemonstrationWeights() async throws {
            let outcome = try await Photoz.alone(["inspect", Repository.weights])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            for words in ["466 tensors", "15902889 parameters", "12 blocks of 192 features, 12 heads", "[5, 32, 32]"] {
                #expect(outcome.output.contains(words), "\(outcome.report)")
            }
        }

        @Test func theDemonstrationGalaxies() async throws {
            let outcome = try await Photoz.alone(["inspect", Repository.galaxies])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            for words in ["256 galaxies", "float32", "redshifts: yes", "identifiers: integers"] {
                #expect(outcome.output.contains(words), "\(outcome.report)")
            }
        }

        @Test func everyBadRowOfAPartition() async throws {
            try MockSurvey().write(
                input.file("1.h5"), count: 300,
                .init(
                    changeImage: {
                        $0[MockSurvey.pixels * 3] = .nan; $0[MockSurvey.pixels * 299 + 5] = .infinity
                    },
                    changeMagnitudes: { $0[41 * 5] = .nan }))
            let outcome = try await Photoz.alone(["inspect", input.file("1.h5")])
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            for words in ["2 faults", "images: row 3 holds nan", "images: row 299 holds inf"] {
                #expect(outcome.error.contains(words), "\(outcome.report)")
            }
        }

        @Test func everyFaultOfAPartition() async throws {
            try MockSurvey().write(
                input.file("1.h5"), count: 4, .init(omit: ["magnitudes"], redshiftRows: 3, imageShape: [4, 5, 16, 16]))
            let outcome = try await Photoz.alone(["inspect", input.file("1.h5")])
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            for words in ["3 faults", "magnitudes: is missing", "[4, 5, 16, 16]", "differ in length"] {
                #expect(outcome.error.contains(words), "\(outcome.report)")
            }
        }

        @Test func filesThatAreNeither() async throws {
            try "text".write(toFile: input.file("text.h5"), atomically: true, encoding: .utf8)
            for (file, code, words) in [
                (input.file("nowhere.h5"), 66, "No such file"), (input.file("text.h5"), 65, "not an HDF5 file"),
                (input.path, 66, "is not a file"),
                (Repository.fixture("expected.h5"), 65, "neither weights"),
            ] {
                let outcome = try await Photoz.alone(["inspect", file])
                #expect(outcome.exitCode == code && outcome.error.contains(words), "\(outcome.report)")
            }
        }

        @Test func versionHelpAndCompletions() async throws {
            let version = try await Photoz.alone(["--version"])
            #expect(version.exitCode == 0, "\(version.report)")
            #expect(version.output.prefixMatch(of: #/\d+\.\d+\.\d+\n/#) != nil, "scripts read the first line alone")
            for part in [#/\nMPI: [^\n]*\d+\.\d+/#, #/\nHDF5: \d+\.\d+\.\d+/#, #/\nSwift: \d+\.\d+/#] {
                #expect(version.output.firstMatch(of: part) != nil, "\(version.report)")
            }
            #expect(version.output.contains("\ninstruction sets: portable"), "\(version.report)")
            let help = try await Photoz.alone(["run", "--help"])
            #expect(help.exitCode == 0 && help.output.contains("--batch-size"), "\(help.report)")
            for shell in ["bash", "zsh", "fish"] {
                let script = try await Photoz.alone(["--generate-completion-script", shell])
                #expect(script.exitCode == 0 && script.output.contains("photoz"), "\(script.report)")
            }
            let once = try await Launch.mpirun(ranks: 3, Photoz.path, ["--version"], limit: 20)
            #expect(once.output == version.output, "\(once.report)")
        }
    }
}
