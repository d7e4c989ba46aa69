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

        @Test("With weights, what a run refuses is refused, and what it warns of is warned of")
        func comparedWithTheWeights() async throws {
            let path = input.file("1.h5")
            func look(_ change: (inout OddSurvey) -> Void) async throws -> (inspected: Outcome, run: Outcome) {
                var survey = try OddSurvey()
                change(&survey)
                try survey.write(path)
                let inspected = try await Photoz.alone(["inspect", path, "--weights", Repository.weights])
                let run = try await OddRun(path, to: input.file("out")).outcome
                #expect(inspected.exitCode == run.exitCode, "\(inspected.report)\(run.report)")
                return (inspected, run)
            }
            for bands in ["zirgu", "grizy"] {
                let found = try await look { $0.imageTexts["bands"] = [bands] }
                #expect(found.inspected.exitCode == 65, "\(found.inspected.report)")
                for outcome in [found.inspected, found.run] {
                    #expect(outcome.error.contains("the images have the bands \(bands)"), "\(outcome.report)")
                }
            }
            for (words, change) in [
                ("the images are in nanomaggies", { $0.imageTexts["units"] = ["nanomaggies"] }),
                ("the images have 0.2 arcsec a pixel", { $0.numbers["images.pixel_scale"] = [0.2] }),
                ("colours 20", { $0.reorder([4, 3, 2, 1, 0]) }),
            ] as [(String, (inout OddSurvey) -> Void)] {
                let found = try await look(change)
                #expect(found.inspected.exitCode == 0, "\(found.inspected.report)")
                #expect(found.inspected.output.contains("warning: "), "\(found.inspected.report)")
                for text in [found.inspected.output, found.run.error] { #expect(text.contains(words), "\(text)") }
            }
            let calm = try await look { $0.imageTexts["bands"] = ["ugriz"] }
            #expect(!calm.inspected.output.contains("warning"), "\(calm.inspected.report)")
            #expect(
                calm.inspected.output.contains("taken for granted: 1.h5 does not say the units"),
                "\(calm.inspected.report)")
        }

        @Test func filesThatAreNeither() async throws {
            try "text".write(toFile: input.file("text.h5"), atomically: true, encoding: .utf8)
            for (file, code, words) in [
                (input.file("nowhere.h5"), 66, "No such file"), (input.file("text.h5"), 65, "not an HDF5 file"),
                (input.path, 66, "is a folder: name one of its files"),
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
