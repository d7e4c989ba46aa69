import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `photoz run --views`.
    @Suite(.serialized) struct ViewsTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()
        private static let galaxies = 20

        /// The redshifts of a survey whose images have all been turned.
        private func redshifts(turned view: Int) async throws -> [Float] {
            var variation = MockSurvey.Variation()
            variation.changeImage = { images in
                let old = images
                for index in images.indices {
                    var (x, y) = (index % 32, index / 32 % 32)
                    if view & 1 != 0 { x = 31 - x }
                    if view & 2 != 0 { y = 31 - y }
                    if view & 4 != 0 { (x, y) = (y, x) }
                    images[index] = old[index / 1024 * 1024 + 32 * y + x]
                }
            }
            let file = input.file("turned-\(view).h5")
            try MockSurvey().write(file, count: Self.galaxies, variation)
            return try await predictions("turned-\(view)", data: file, [])["redshift_predicted"]!
        }

        /// The columns of `predictions.h5`.
        private func predictions(
            _ name: String, data: String, ranks: Int = 1, _ more: [String]
        ) async throws -> [String: [Float]] {
            let output = scratch.file(name)
            let outcome = try await Photoz.run(ranks: ranks, data: [data], output: output, more, limit: 60)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let file = try File.open(output + "/predictions.h5")
            let names = ["redshift_predicted", "redshift", "view_scatter"]
            return try Dictionary(
                uniqueKeysWithValues: names.filter { file.contains($0) }.map { ($0, try file.dataset($0).readAll()) })
        }

        @Test(arguments: [2, 5, 8]) func meanAndScatterOfTheViews(count: Int) async throws {
            var views: [[Float]] = []
            for view in 0..<count { views.append(try await redshifts(turned: view)) }
            let found = try await predictions("found", data: input.file("turned-0.h5"), ["--views", "\(count)"])
            for galaxy in 0..<Self.galaxies {
                let values = views.map { Double($0[galaxy]) }
                let mean = values.reduce(0, +) / Double(count)
                let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
                #expect(abs(Double(found["redshift_predicted"]![galaxy]) - mean) < 1e-7)
                #expect(abs(Double(found["view_scatter"]![galaxy]) - variance.squareRoot()) < 1e-7)
            }
            #expect(found["view_scatter"]!.allSatisfy { $0 > 0 })
            #expect(try Output(folder: scratch.file("found")).results()["views"] as? Int == count)
        }

        @Test func metricsAreThoseOfTheMeans() async throws {
            let data = try MockSurvey().folder(input, counts: [100])[0]
            let columns = try await predictions("out", data: data, ranks: 2, ["--views", "4"])
            let errors = zip(columns["redshift_predicted"]!, columns["redshift"]!).map { abs(Double($0) - Double($1)) }
            let metrics = try Output(folder: scratch.file("out")).results()["metrics"] as? [String: Any] ?? [:]
            let (found, mean) = (try #require(metrics["MAE"] as? Double), errors.reduce(0, +) / 100)
            #expect(abs(found - mean) < 1e-12)
        }

        @Test(arguments: [2, 3, 5]) func sameOnAnyWorld(ranks: Int) async throws {
            let data = try MockSurvey().folder(input, counts: [70, 33])[0]
            let alone = try await predictions("alone", data: data, ["--views", "3"])
            let many = try await predictions(
                "many", data: data, ranks: ranks, ["--views", "3", "--batch-size", "7"])
            #expect(alone == many && alone.count == 3)
        }

        @Test(arguments: ["0", "1", "9", "-2", "many"]) func wrongNumbersOfViews(views: String) async throws {
            let outcome = try await Photoz.alone([
                "run", "--weights", Repository.weights, "--data", Repository.galaxies, "--output", scratch.file("out"),
                "--views", views,
            ])
            #expect(outcome.exitCode == 64 && outcome.error.contains("views"), "\(outcome.report)")
        }
    }
}
