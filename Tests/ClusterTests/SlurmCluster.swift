import Foundation
import TestSupport

/// A Slurm of the tests' own: controller, a daemon on each of two hosts, and the keys between them.
final class SlurmCluster: Sendable {
    let hosts: Hosts
    private let folder: String
    private let configuration: String

    /// Shared by all tests, as it takes some seconds to come up.
    static let shared = Task { try await SlurmCluster() }

    /// - Throws: ``Missing`` when Slurm is not installed or the hosts do not become idle in twenty seconds.
    private init() async throws {
        try await Missing.check(["munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel"])
        hosts = try await Hosts()
        folder = hosts.folder.file("slurm")
        configuration = folder + "/slurm.conf"
        for name in ["state", "spool.node1", "spool.node2"] {
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        try Self.configuration(folder).write(toFile: configuration, atomically: true, encoding: .utf8)
        // Both hosts have the same /tmp, where the PMIx plugin would put files of the same name.
        try "PMIxCliTmpDirBase=/run\n".write(toFile: folder + "/mpi.conf", atomically: true, encoding: .utf8)
        try await startDaemons()
        var nodes = ""
        let isReady = try await eventually(within: 20) {
            nodes = try await command("sinfo", ["--noheader", "--Node", "--format=%T"]).output
            return nodes == "idle\nidle\n"
        }
        guard isReady else { throw Missing(what: "Slurm's hosts did not become idle: \(nodes)\n\(logs)") }
    }

    private func startDaemons() async throws {
        let key = folder + "/munge.key"
        try Data((0..<128).map { _ in UInt8.random(in: 0...255) }).write(to: URL(fileURLWithPath: key))
        chmod(key, 0o400)
        try hosts.start(
            on: 1, "munged",
            [
                "--foreground", "--key-file=\(key)", "--socket=\(folder)/munge.socket",
                "--pid-file=\(folder)/munge.pid", "--log-file=\(folder)/munge.log", "--seed-file=\(folder)/munge.seed",
            ], environment: [:])
        let socket = folder + "/munge.socket"
        _ = await eventually(within: 10) { FileManager.default.fileExists(atPath: socket) }
        try hosts.start(on: 1, "slurmctld", ["-D"], environment: ["SLURM_CONF": configuration])
        for host in [1, 2] { try hosts.start(on: host, "slurmd", ["-D"], environment: ["SLURM_CONF": configuration]) }
    }

    /// What the daemons have to say when something went wrong.
    private var logs: String {
        ["munged-1", "slurmctld-1", "slurmd-1", "slurmd-2"].map { name in
            (try? String(contentsOfFile: hosts.folder.file(name + ".log"), encoding: .utf8)) ?? "\(name): no log"
        }.joined(separator: "\n")
    }

    /// Runs one of Slurm's commands.
    func command(
        _ name: String, _ arguments: [String], limit: Int = 30, environment: [String: String] = [:]
    ) async throws -> Outcome {
        try await hosts.run(
            name, arguments, limit: limit, environment: environment.merging(["SLURM_CONF": configuration]) { $1 })
    }

    private static func configuration(_ folder: String) -> String {
        """
        ClusterName=photoz
        SlurmctldHost=node1(10.77.0.1)
        AuthType=auth/munge
        # A job that is requeued waits until its credentials have run out: five seconds is the shortest.
        AuthInfo=socket=\(folder)/munge.socket,cred_expire=5
        CredType=cred/munge
        SlurmUser=root
        SlurmdUser=root
        StateSaveLocation=\(folder)/state
        SlurmdSpoolDir=\(folder)/spool.%n
        SlurmctldPidFile=\(folder)/slurmctld.pid
        SlurmdPidFile=\(folder)/slurmd.%n.pid
        ProctrackType=proctrack/linuxproc
        TaskPlugin=task/none
        JobAcctGatherType=jobacct_gather/none
        AccountingStorageType=accounting_storage/none
        SelectType=select/cons_tres
        SelectTypeParameters=CR_Core
        SwitchType=switch/none
        MpiDefault=pmix
        ReturnToService=2
        SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=1
        KillWait=5
        CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
        # The machine may have fewer cores than the hosts claim.
        SlurmdParameters=config_overrides
        NodeName=node[1-2] NodeAddr=10.77.0.[1-2] CPUs=2 CoresPerSocket=2 RealMemory=1000 State=UNKNOWN
        PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP

        """
    }
}
