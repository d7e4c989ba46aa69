import Foundation
import HDF5
import TestSupport

/// The program as users run it.
enum Photoz {
    static let path = Launch.products + "/photoz"

    /// `photoz run` on some ranks with the demonstration weights.
    static func run(
        ranks: Int, data: [String], output: String, weights: String = Repository.weights, _ more: [String] = [],
        limit: Int = 120, environment: [String: String] = [:], program: String = path
    ) async throws -> Outcome {
        try await Launch.mpirun(
            ranks: ranks, program,
            ["run", "--weights", weights, "--data"] + data + ["--output", output] + more, limit: limit,
            environment: environment)
    }

    /// `photoz` without a launcher.
    static func alone(
        _ arguments: [String], limit: Int = 60, environment: [String: String] = [:]
    ) async throws -> Outcome {
        try await Launch.run(path, arguments, limit: limit, environment: environment)
    }
}

/// What a run left in its output folder.
struct Output {
    let folder: String

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    /// The three files of a finished run, and nothing else.
    static let finished = ["Results.json", "combined_data.json", "predictions.h5"]

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)) }

    func results() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: bytes("Results.json")) as? [String: Any] ?? [:]
    }

    func ranks() throws -> [[String: Any]] {
        try JSONSerialization.jsonObject(with: bytes("combined_data.json")) as? [[String: Any]] ?? []
    }

    func floats(_ name: String) throws -> [Float] {
        try File.open(folder + "/predictions.h5").dataset(name).readAll()
    }

    func integers(_ name: String) throws -> [Int] {
        try File.open(folder + "/predictions.h5").dataset(name).readAll()
    }
}
