import Foundation
import TestSupport

/// Two hosts on this machine, `node1` and `node2`, as namespaces: see `hosts.sh`. They end with the object or the
/// process, whichever comes first, and with them all that was started on them.
final class Hosts: Sendable {
    /// Their files; the hosts see the machine's file system.
    let folder: TemporaryFolder
    private let keeper: pid_t
    /// Never written: its end, which comes with that of the tests, ends the keeper.
    private let lifeline = Pipe()
    private let keeperNumber: String
    private let numbers: [String]

    /// - Throws: ``Missing`` when the machine lacks what is needed, and when the hosts do not come up in ten seconds.
    init() async throws {
        try await Missing.check(["unshare", "nsenter", "ip", "mount", "mpirun"])
        folder = try TemporaryFolder()
        let process = Process()
        let log = folder.file("hosts.log")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh",
            Repository.root + "/Tests/ClusterTests/hosts.sh", folder.path,
        ]
        process.standardInput = lifeline
        try Self.send(process, to: log)
        // Whatever else is started must not keep it open.
        _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        keeper = process.processIdentifier
        let ready = folder.file("keeper.pid")
        guard await eventually(within: 10, { FileManager.default.fileExists(atPath: ready) }) else {
            throw Missing(what: "two hosts as namespaces did not come up: \(Self.text(log))")
        }
        keeperNumber = Self.text(ready)
        numbers = [Self.text(folder.file("node1.pid")), Self.text(folder.file("node2.pid"))]
    }

    deinit { kill(keeper, SIGKILL) }

    private static func text(_ path: String) -> String {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What a process writes goes to a new file.
    private static func send(_ process: Process, to log: String) throws {
        try Data().write(to: URL(fileURLWithPath: log))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.standardOutput = file
        process.standardError = file
    }

    // MARK: Commands

    /// Runs a program on a host, the first unless told.
    func run(
        on host: Int = 1, _ program: String, _ arguments: [String], limit: Int, environment: [String: String] = [:]
    ) async throws -> Outcome {
        try await Launch.run(
            "nsenter", entering(host) + [program] + arguments, limit: limit,
            environment: self.environment.merging(environment) { $1 })
    }

    /// Starts a program on a host that runs until the hosts end.
    func start(on host: Int, _ program: String, _ arguments: [String], environment: [String: String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["nsenter"] + entering(host) + [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        try Self.send(process, to: folder.file("\(program)-\(host).log"))
        try process.run()
    }

    /// mpirun from the first host over both.
    func mpirun(_ arguments: [String], limit: Int, environment: [String: String] = [:]) async throws -> Outcome {
        try await run(
            "mpirun", ["--host", "node1:1,node2:1"] + arguments, limit: limit, environment: environment)
    }

    /// Takes a host off the network, or puts it back.
    func setCable(of host: Int, up: Bool) async throws {
        let outcome = try await Launch.run(
            "nsenter", keeping + ["ip", "link", "set", "cable\(host)", up ? "up" : "down"], limit: 10)
        guard outcome.exitCode == 0 else { throw Missing(what: "ip link set: \(outcome.report)") }
    }

    /// Whether each host gets an answer from the other: to a port that nobody listens at, the answer is a refusal.
    func reachEachOther() async throws -> Bool {
        for host in 1...2 {
            let knock = try await run(on: host, "bash", ["-c", "</dev/tcp/10.77.0.\(3 - host)/9"], limit: 2)
            guard knock.error.contains("refused") else { return false }
        }
        return true
    }

    /// Sends a signal to the processes of this program on the hosts, and to none elsewhere.
    func signal(_ name: String, program: String) async throws {
        _ = try await Launch.run("nsenter", keeping + ["pkill", "-\(name)", "-x", program], limit: 10)
    }

    /// How many processes of this program there are on the hosts.
    func count(of program: String) async throws -> Int {
        try await Launch.run("nsenter", keeping + ["pgrep", "-x", program], limit: 10).output.split(separator: "\n")
            .count
    }

    private var keeping: [String] { ["--target", keeperNumber, "--mount", "--net", "--pid"] }

    private func entering(_ host: Int) -> [String] {
        keeping + ["nsenter", "--target", numbers[host - 1], "--mount", "--net", "--uts", "--ipc"]
    }

    /// For Open MPI on hosts that share their cores: ranks that wait must let the others compute, and none is bound.
    /// Its files go to each host's own /run.
    var environment: [String: String] {
        Launch.launcherEnvironment.merging([
            "OMPI_MCA_plm_rsh_agent": folder.file("agent.sh"),
            "OMPI_MCA_btl_tcp_if_include": "eth0", "OMPI_MCA_oob_tcp_if_include": "eth0",
            "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_hwloc_base_binding_policy": "none",
            // A failed job takes about four times as long as this to end.
            "OMPI_MCA_odls_base_sigkill_timeout": "1",
            "TMPDIR": "/run",
        ]) { $1 }
    }
}
