import Foundation
import Subprocess

/// How a program that a test started came to its end.
public struct Outcome: Sendable {
    /// The exit code; 128 + n after signal n.
    public let exitCode: Int
    /// What it wrote on standard output.
    public let output: String
    /// What it wrote on standard error.
    public let error: String
    /// Wall time.
    public let seconds: Double

    /// All of it, for a failed test's message.
    public var report: String { "exit code \(exitCode) after \(seconds) s\n--- output\n\(output)\n--- error\n\(error)" }
}

/// Programs that tests start. The test process itself never starts MPI: a hang, a crash or an abort is then an outcome
/// that a test can look at.
public enum Launch {
    /// The folder of what the package builds.
    public static let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    /// Runs a program to its end, or kills it and all that it started.
    ///
    /// - Parameters:
    ///   - program: A path, or a name on the PATH.
    ///   - limit: Seconds; past them the outcome's exit code is 124.
    ///   - environment: Variables that are added.
    /// - Throws: When the program cannot be started.
    public static func run(
        _ program: String, _ arguments: [String], limit: Int, environment: [String: String] = [:]
    ) async throws -> Outcome {
        var variables = ProcessInfo.processInfo.environment.filter { name, _ in
            // Left from a launcher around the tests, these would make a new one believe that it is part of that job.
            !["OMPI_COMM", "OMPI_UNIVERSE", "PMIX_", "PMI_", "ORTE_", "SLURM_"].contains { name.hasPrefix($0) }
        }
        // No program finds what another one has left in a cache, and none leaves anything in the user's.
        variables["XDG_CACHE_HOME"] = TemporaryFolder.nowhere
        variables.merge(environment) { $1 }
        let start = ContinuousClock.now
        let result = try await Subprocess.run(
            .path("/usr/bin/timeout"), arguments: Arguments(["--kill-after=5", "\(limit)", program] + arguments),
            environment: .custom(
                Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(rawValue: $0)!, $1) })),
            output: .string(limit: 1 << 22), error: .string(limit: 1 << 22))
        let code: Int
        switch result.terminationStatus {
        case .exited(let status): code = Int(status)
        case .signaled(let signal): code = 128 + Int(signal)
        }
        let (seconds, fraction) = (ContinuousClock.now - start).components
        return Outcome(
            exitCode: code, output: result.standardOutput, error: result.standardError,
            seconds: Double(seconds) + Double(fraction) * 1e-18)
    }

    /// Runs an executable of this package on several ranks.
    ///
    /// - Throws: When mpirun is missing: the test then fails, and says why.
    public static func mpirun(
        ranks: Int, _ executable: String, _ arguments: [String], limit: Int, environment: [String: String] = [:]
    ) async throws -> Outcome {
        guard try await run("sh", ["-c", "command -v mpirun"], limit: 10).exitCode == 0 else { throw MissingLauncher() }
        var variables = launcherEnvironment
        // When a rank fails, mpirun of Open MPI 4 gives the others time to end, 2 s; here there are none.
        if ranks == 1 { variables["OMPI_MCA_odls_base_sigkill_timeout"] = "0" }
        variables.merge(environment) { $1 }
        return try await run(
            "mpirun", ["-np", "\(ranks)", executable] + arguments, limit: limit, environment: variables)
    }

    /// Lets mpirun start more ranks than cores, also as root; the names of Open MPI 4 and of 5. And no memory that its
    /// PMIx shares with ranks: one that is killed while it starts may hold a lock there for ever.
    public static let launcherEnvironment = [
        "PMIX_MCA_gds": "hash",
        "OMPI_MCA_rmaps_base_oversubscribe": "1", "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "PRTE_ALLOW_RUN_AS_ROOT": "1", "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    ]

    /// There is no mpirun on this machine.
    struct MissingLauncher: Error, CustomStringConvertible {
        var description: String { "no mpirun on the PATH: install openmpi-bin, or run launch/test" }
    }
}
