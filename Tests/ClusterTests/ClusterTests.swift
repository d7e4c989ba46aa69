import Foundation
import TestSupport
import Testing

/// The program on two hosts and under a real batch system, one test after another.
@Suite(.serialized) enum ClusterTests {}

/// What a machine lacks on which these tests cannot run: they fail, and say so.
struct Missing: Error, CustomStringConvertible {
    let what: String
    var description: String { what }

    /// - Throws: When the tests do not run as root, or one of these tools is not on the PATH.
    static func check(_ tools: [String]) async throws {
        guard geteuid() == 0 else {
            throw Missing(what: "these tests make hosts out of namespaces and start Slurm: run them as root")
        }
        for tool in tools where try await Launch.run("sh", ["-c", "command -v \(tool)"], limit: 10).exitCode != 0 {
            throw Missing(what: "no \(tool) on the PATH: launch/test installs all that is needed")
        }
    }
}

/// Whether something comes true in some seconds, looked at ten times a second.
func eventually(within seconds: Double, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(100))
    }
    return false
}

/// A run that all others are compared with: the same galaxies on this machine without a cluster.
struct PlainRun {
    static let program = Launch.products + "/photoz"
    /// Some seconds of work: there must be time to interrupt it after the first second, when journals are first
    /// written.
    static let galaxies = 6000
    /// Shared by all tests.
    static let shared = Task { try await PlainRun() }

    private let folder: TemporaryFolder
    let survey: String

    private init() async throws {
        folder = try TemporaryFolder()
        survey = folder.file("survey")
        let simulation = try await Launch.run(
            Self.program,
            ["simulate", "--galaxies", "\(Self.galaxies)", "--partitions", "4", "--seed", "7", "--output", survey],
            limit: 120)
        guard simulation.exitCode == 0 else { throw Missing(what: simulation.report) }
        let outcome = try await Launch.mpirun(
            ranks: 2, Self.program, arguments(output: folder.file("plain")), limit: 120)
        guard outcome.exitCode == 0 else { throw Missing(what: outcome.report) }
    }

    /// What follows `photoz` on the command line.
    func arguments(output: String, _ more: [String] = []) -> [String] {
        ["run", "--weights", Repository.weights, "--data", survey, "--output", output] + more
    }

    /// Whether an output folder holds a finished run with the same predictions, byte for byte.
    func equals(_ output: String) -> Bool {
        FileManager.default.fileExists(atPath: output + "/Results.json")
            && FileManager.default.contentsEqual(
                atPath: folder.file("plain/predictions.h5"), andPath: output + "/predictions.h5")
    }

    /// Whether a run that is under way has stored something in its journals.
    static func hasStored(_ output: String) async -> Bool {
        let status = try? await Launch.run(program, ["status", "--json", output], limit: 20)
        let object = try? JSONSerialization.jsonObject(with: Data((status?.output ?? "").utf8)) as? [String: Any]
        return object?["galaxies_done"] as? Int ?? 0 > 0
    }
}

/// The results of a finished run.
struct Results {
    /// `Results.json`
    let object: [String: Any]
    /// `combined_data.json`
    let ranks: [[String: Any]]

    init(_ output: String) throws {
        object = try Self.json(output + "/Results.json") as? [String: Any] ?? [:]
        ranks = try Self.json(output + "/combined_data.json") as? [[String: Any]] ?? []
    }

    private static func json(_ path: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
