import Foundation
import HDF5
import TestSupport
import Testing

/// Copies of a finished run whose results say something else.
struct EditedRuns {
    let scratch = try! TemporaryFolder()
    private let original: Output

    init() async throws {
        original = Output(folder: scratch.file("original"))
        let run = try await Photoz.alone([
            "run", "--weights", Repository.fixture("small-weights.h5"), "--data", Repository.fixture("partition.h5"),
            "--output", original.folder, "--quiet",
        ])
        try #require(run.exitCode == 0, "\(run.report)")
    }

    /// A copy, in place of one of that name.
    func copy(
        _ name: String, ranks: Int, speed: Double, _ change: (inout [String: Any]) -> Void = { _ in }
    ) throws -> String {
        let folder = scratch.file(name)
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.copyItem(atPath: original.folder, toPath: folder)
        var results = try original.results()
        results["world_size"] = ranks
        results["sample_persec"] = speed
        change(&results)
        try JSONSerialization.data(withJSONObject: results).write(to: URL(fileURLWithPath: folder + "/Results.json"))
        return folder
    }

    /// Other redshifts for the galaxies of a run.
    func replacePredictions(_ folder: String, _ value: (Int) -> Float) throws {
        let count = try Output(folder: folder).floats("redshift").count
        let file = try File.create(folder + "/predictions.h5")
        for name in ["redshift", "redshift_predicted"] {
            try file.createDataset(name, of: Float.self, shape: [count]).write(
                rows: 0..<count, from: (0..<count).map(value))
        }
        try file.close()
    }

    /// The page about some runs.
    func report(_ folders: [String]) async throws -> String {
        let outcome = try await Photoz.alone(["report"] + folders + ["--output", scratch.file("page.html")])
        try #require(outcome.exitCode == 0, "\(outcome.report)")
        return try String(contentsOfFile: scratch.file("page.html"), encoding: .utf8)
    }

    /// A figure as it stands in the last page.
    func figure(_ name: String) throws -> String {
        let page = try String(contentsOfFile: scratch.file("page.html"), encoding: .utf8)
        let figure = try #require(page.components(separatedBy: "<figure id=\"\(name)\"").dropFirst().first)
        return figure.components(separatedBy: "</figure>")[0]
    }

    /// The numbers behind a figure of the last page, below their head.
    func numbers(_ name: String) throws -> [[String]] {
        let text = try String(contentsOfFile: scratch.file("page-figures/\(name).csv"), encoding: .utf8)
        return text.split(separator: "\n").dropFirst(2).map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
