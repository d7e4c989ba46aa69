import Foundation
import HDF5
import PhotozDigest
import TestSupport
import Testing

extension CommandTests {
    /// `photoz simulate`.
    @Suite(.serialized) struct SimulateTests {
        let scratch = try! TemporaryFolder()
        private static let columns = ["images", "magnitudes", "redshift", "object_id"] + truths.map(\.name)
        private static let truths: [(name: String, units: String)] = [
            ("f_dev", ""), ("f_bulge", ""), ("r_eff_disc", "arcsec"), ("r_eff_bulge", "arcsec"), ("q_disc", ""),
            ("q_bulge", ""), ("theta", "radian"), ("x0", "pixel"), ("y0", "pixel"),
        ]

        private func simulate(
            _ name: String, ranks: Int = 1, galaxies: Int = 40, partitions: Int = 3, _ more: [String] = []
        ) async throws -> Outcome {
            try await Launch.mpirun(
                ranks: ranks, Photoz.path,
                [
                    "simulate", "--galaxies", "\(galaxies)", "--partitions", "\(partitions)", "--output",
                    scratch.file(name),
                ]
                    + more, limit: 60)
        }

        private func partition(_ name: String, _ number: Int) throws -> File {
            try File.open(scratch.file(name) + "/\(number).h5")
        }

        private func bytes(_ name: String) throws -> [String: Data] {
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file(name))
            return try Dictionary(
                uniqueKeysWithValues: names.map {
                    ($0, try Data(contentsOf: URL(fileURLWithPath: scratch.file(name) + "/" + $0)))
                })
        }

        @Test(arguments: [1, 2, 3, 5]) func sameFilesOnAnyWorld(ranks: Int) async throws {
            let alone = try await simulate("alone")
            let many = try await simulate("many", ranks: ranks)
            #expect(alone.exitCode == 0 && many.exitCode == 0, "\(alone.report)\(many.report)")
            #expect(try bytes("alone") == bytes("many"))
            #expect(try Set(bytes("alone").keys) == ["1.h5", "2.h5", "3.h5"])
        }

        /// Not golden but kept: the digest of a survey that must not differ between machines or versions.
        @Test func sameFilesOnAnyMachine() async throws {
            let outcome = try await simulate("out", galaxies: 8, partitions: 1, ["--seed", "42"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let images: [Float] = try partition("out", 1).dataset("images").readAll()
            #expect(images.withUnsafeBytes(digest) == "fe146f67027abc34")
            // The truth in all its digits: in the images, which are rounded to float32, some would not show.
            let bulges: [Double] = try partition("out", 1).dataset("f_bulge").readAll()
            #expect(bulges.withUnsafeBytes(digest) == "9df550ea6c94e416")
        }

        private func digest(_ bytes: UnsafeRawBufferPointer) -> String {
            SHA256.hash(of: bytes).prefix(8).map { String(format: "%02x", $0) }.joined()
        }

        @Test func galaxyIsTheSameInAnySurvey() async throws {
            _ = try await simulate("small", galaxies: 40, partitions: 3, ["--seed", "9"])
            _ = try await simulate("large", galaxies: 100, partitions: 1, ["--seed", "9", "--gzip", "4"])
            _ = try await simulate("other", galaxies: 100, partitions: 1, ["--seed", "10"])
            // Galaxies 28 to 39 are the third partition of the small survey: 14, 13 and 13 galaxies.
            for name in Self.columns {
                let part: [Double] = try partition("small", 3).dataset(name).readAll()
                let dataset = try partition("large", 1).dataset(name)
                let row = dataset.shape.dropFirst().reduce(1, *)
                let whole: [Double] = try dataset.readAll()
                #expect(part == Array(whole[27 * row..<40 * row]), "\(name)")
                let other: [Double] = try partition("other", 1).dataset(name).readAll()
                #expect((other == whole) == (name == "object_id"), "\(name)")
            }
        }

        @Test func whatAFileSaysOfItself() async throws {
            _ = try await simulate("out")
            let file = try partition("out", 2)
            #expect(try file.attribute("seed", as: UInt64.self) == 1)
            #expect(try file.attribute("first_galaxy", as: Int64.self) == 14)
            #expect(try file.attributeString("population") == "SDSS main galaxy sample")
            #expect(try file.dataset("images").attributeString("units") == "asinh(nanomaggies / softening)")
            #expect(try file.attributeString("generator") == "photoz simulate 2")
            for (name, units) in Self.truths {
                let dataset = try file.dataset(name)
                #expect(dataset.shape == (name == "f_bulge" ? [13, 5] : [13]), "\(name)")
                #expect(try dataset.attributeString("units") == units, "\(name)")
                #expect(try !dataset.attributeString("description").isEmpty, "\(name)")
            }
            let inspected = try await Photoz.alone(["inspect", scratch.file("out") + "/2.h5"])
            #expect(inspected.exitCode == 0 && inspected.output.contains("13 galaxies"), "\(inspected.report)")
        }

        @Test func theShippedNetworkKnowsThisSurvey() async throws {
            let made = try await simulate("survey", ranks: 2, galaxies: 20_000, partitions: 4, ["--seed", "20261124"])
            #expect(made.exitCode == 0, "\(made.report)")
            let exact = try await predicted("f32")
            // What fewer bits may change of sigma_mad, as a share, and the redshift of any galaxy.
            for (precision, change) in [("bf16", 0.005), ("int8", 0.01)] {
                let rough = try await predicted(precision)
                #expect(abs(rough.sigmaMAD / exact.sigmaMAD - 1) <= change, "\(precision): \(rough.sigmaMAD)")
                #expect(zip(rough.redshifts, exact.redshifts).allSatisfy { abs($0 - $1) < 0.006 }, "\(precision)")
            }
        }

        /// What the shipped network makes of the simulated survey, which it must know.
        private func predicted(_ precision: String) async throws -> (sigmaMAD: Double, redshifts: [Float]) {
            let output = Output(folder: scratch.file(precision))
            let outcome = try await Photoz.run(
                ranks: 2, data: [scratch.file("survey")], output: output.folder, ["--precision", precision], limit: 120)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let metrics = try output.results()["metrics"] as? [String: Double] ?? [:]
            let sigmaMAD = metrics["sigma_mad"] ?? .nan
            #expect(sigmaMAD <= 0.0125 && abs(metrics["Bias"] ?? .nan) <= 0.001, "\(metrics)")
            #expect(metrics["N"] == 20_000)
            return (sigmaMAD, try output.floats("redshift_predicted"))
        }

        @Test func galaxiesOfACatalogue() async throws {
            let catalog = scratch.file("catalogue.csv")
            try "redshift,u,g,r,i,z\n0.1,19,18,17.5,17.25,17\n0.2,20,19,18.5,18.25,18\n"
                .write(toFile: catalog, atomically: true, encoding: .utf8)
            let outcome = try await simulate("out", galaxies: 5, partitions: 1, ["--catalog", catalog])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let redshifts: [Float] = try partition("out", 1).dataset("redshift").readAll()
            #expect(redshifts == [0.1, 0.2, 0.1, 0.2, 0.1])
            #expect(try partition("out", 1).attributeString("population").hasPrefix("catalogue, SHA-256 "))
        }

        @Test(arguments: [
            (["--galaxies", "0"], 64, "--galaxies"), (["--galaxies", "-5"], 64, "--galaxies"),
            (["--galaxies", "10", "--partitions", "0"], 64, "--partitions"),
            (["--galaxies", "10", "--partitions", "11"], 64, "--partitions"),
            (["--galaxies", "10", "--gzip", "10"], 64, "--gzip"), (["--galaxies", "many"], 64, "many"),
            (["--galaxies", "10", "--seed", "-1"], 64, "seed"),
            (["--galaxies", "10", "--catalog", "/nowhere.csv"], 66, "/nowhere.csv"),
            (["--galaxies", "1000000000"], 73, "free"),
        ])
        func wrongUsage(options: [String], code: Int, message: String) async throws {
            let outcome = try await Photoz.alone(["simulate", "--output", scratch.file("out")] + options)
            #expect(outcome.exitCode == code && outcome.error.contains(message), "\(outcome.report)")
            #expect(try !FileManager.default.fileExists(atPath: scratch.file("out")) || bytes("out").isEmpty)
        }

        @Test func aBadCatalogueNamesItsRow() async throws {
            let catalog = scratch.file("catalogue.csv")
            try "redshift,u,g,r,i,z\n0.1,19,18,17.5,17.25,17\n0.2,20,19,inf,18.25,18\n"
                .write(toFile: catalog, atomically: true, encoding: .utf8)
            let outcome = try await simulate("out", ranks: 2, ["--catalog", catalog])
            #expect(outcome.exitCode == 65 && outcome.error.contains("row 2: r is \"inf\""), "\(outcome.report)")
        }

        @Test func aFolderInUseStaysAsItIs() async throws {
            _ = try await simulate("out", galaxies: 3, partitions: 1)
            let before = try bytes("out")
            let outcome = try await simulate("out", ranks: 2, galaxies: 5, partitions: 2)
            #expect(outcome.exitCode == 73 && outcome.error.contains("is not empty (1.h5)"), "\(outcome.report)")
            #expect(try bytes("out") == before)
        }

        @Test func aDiskThatIsFull() async throws {
            // A limit on file sizes, 10 MB, is what a test can set without a disk of its own; MPI itself needs some of
            // it.
            let outcome = try await Launch.run(
                "sh",
                [
                    "-c", "ulimit -f 20000; exec \"$0\" simulate --galaxies 1000 --output \"$1\"", Photoz.path,
                    scratch.file("out"),
                ], limit: 60)
            #expect(outcome.exitCode == 74 && outcome.error.contains("inprogress_1.h5"), "\(outcome.report)")
            #expect(try bytes("out").isEmpty)
        }
    }
}
