import Foundation
import TestSupport

/// A job of `launch/slurm.sbatch` on both hosts of a cluster.
struct BatchJob {
    let cluster: SlurmCluster
    let number: String
    let output: String
    private let logFile: String

    /// Submits the script.
    ///
    /// - Parameters:
    ///   - options: Of sbatch.
    ///   - variables: What users set: `PHOTOZ_LAUNCHER` and so on.
    init(
        _ cluster: SlurmCluster, in folder: TemporaryFolder, data: String, options: [String] = [],
        variables: [String: String] = [:]
    ) async throws {
        self.cluster = cluster
        output = folder.file("out")
        logFile = folder.file("job.log")
        let outcome = try await cluster.command(
            "sbatch",
            ["--parsable", "--nodes=2", "--ntasks-per-node=1", "--output=\(logFile)"] + options
                + [Repository.root + "/launch/slurm.sbatch"],
            environment: [
                "PHOTOZ": PlainRun.program, "PHOTOZ_WEIGHTS": Repository.weights, "PHOTOZ_DATA": data,
                "PHOTOZ_OUTPUT": output,
            ].merging(variables) { $1 })
        guard outcome.exitCode == 0 else { throw Missing(what: outcome.report) }
        number = outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What the job and its launcher have written so far.
    var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }

    /// A field of what Slurm knows of the job, such as `JobState`, `ExitCode` and `Restarts`.
    func field(_ name: String) async throws -> String {
        let text = try await cluster.command("scontrol", ["--oneliner", "show", "job", number]).output
        let field = text.split(separator: " ").first { $0.hasPrefix(name + "=") } ?? ""
        return String(field.dropFirst(name.count + 1))
    }

    /// Waits until the job has ended for good.
    ///
    /// - Returns: How, such as `COMPLETED`; `RUNNING` or `PENDING` when it takes longer than that.
    func end(within seconds: Double) async throws -> String {
        _ = try await eventually(within: seconds) {
            // Slurm that is too busy to answer says nothing.
            !["", "PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED"].contains(try await field("JobState"))
        }
        return try await field("JobState")
    }

    /// Waits for words in the log.
    func says(_ words: String, within seconds: Double) async -> Bool {
        await eventually(within: seconds) { log.contains(words) }
    }
}
