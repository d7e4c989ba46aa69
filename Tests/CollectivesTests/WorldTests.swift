import Foundation
import TestSupport
import Testing

/// Every check of `collectives-check` at every world size from 1 to 8, each with its own limit.
@Suite(.serialized) struct CollectiveWorldTests {
    /// Those of one run, and those of the next.
    private static let runs = [
        [
            "worked", "roots", "orders", "shapes", "random", "memory", "lengths", "counter", "buffers", "extremes",
            "foreign", "messages", "sizes", "bits", "reproducible", "freed",
        ],
        ["to-all", "splits", "groups", "throwing", "interop", "files", "arrays", "every"],
    ]

    /// - Parameter limit: Of each run, in seconds.
    private func check(ranks: Int, limit: Int) async throws {
        for modes in Self.runs { try await expectPassed(modes, ranks: ranks, limit: limit) }
    }

    @Test func worldOf1() async throws { try await check(ranks: 1, limit: 120) }
    @Test func worldOf2() async throws { try await check(ranks: 2, limit: 120) }
    @Test func worldOf3() async throws { try await check(ranks: 3, limit: 120) }
    @Test func worldOf4() async throws { try await check(ranks: 4, limit: 120) }
    @Test func worldOf5() async throws { try await check(ranks: 5, limit: 180) }
    @Test func worldOf6() async throws { try await check(ranks: 6, limit: 180) }
    @Test func worldOf7() async throws { try await check(ranks: 7, limit: 180) }
    @Test func worldOf8() async throws { try await check(ranks: 8, limit: 180) }
}

/// A counter whose host computes meanwhile: another of its threads answers for it.
@Suite(.serialized) struct SharedCounterTests {
    private func run(_ mode: String, byMessages: Bool = false) async throws {
        let outcome = try await runModes([mode], ranks: 4, limit: 30, byMessages: byMessages)
        #expect(outcome.exitCode == 0, "\(outcome.report)")
    }

    @Test func everyNumberOnceByMessages() async throws { try await run("counter", byMessages: true) }
    @Test func aBusyHost() async throws { try await run("busy-counter") }
    @Test func aBusyHostByMessages() async throws { try await run("busy-counter", byMessages: true) }
}

/// Settings of Open MPI that the site or the user has made stay.
@Suite(.serialized) struct SettingsTests {
    private let home = try! TemporaryFolder()

    private func settings(_ file: String?, _ environment: [String: String] = [:]) async throws -> String {
        let folder = home.file(".openmpi")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try (file ?? "").write(toFile: folder + "/mca-params.conf", atomically: true, encoding: .utf8)
        let outcome = try await Launch.run(
            Launch.products + "/collectives-check", ["settings"], limit: 30,
            environment: environment.merging(["HOME": home.path]) { $1 })
        #expect(outcome.exitCode == 0, "\(outcome.report)")
        return outcome.output
    }

    /// What is set for the library that runs, which has settings of its own.
    private func own(osc: Bool = true, agent: Bool = true) async throws -> String {
        let library = try await MPILibrary.current()
        let (osc, agent) = (osc && library == .openMPI(version: 4), agent && library != .mpich)
        let lines = [("osc", osc ? "'^ucx,rdma'" : "not set"), ("plm_rsh_agent", agent ? "''" : "not set")]
        return lines.map { "OMPI_MCA_\($0) is \($1)" }.joined(separator: "\n")
    }

    @Test func nobodyElseHasMadeThem() async throws {
        let output = try await settings("# osc = rdma\nosc_rdma_verbose = 0\n")
        #expect(output.contains(try await own()), "\(output)")
    }

    @Test func aFileHasMadeThem() async throws {
        let output = try await settings("\tosc=  ^ucx,monitoring \r\nplm_rsh_agent = ssh : rsh\n")
        // The library reads the file itself.
        #expect(output.contains(try await own(osc: false, agent: false)), "\(output)")
    }

    @Test func theEnvironmentHasMadeThem() async throws {
        let output = try await settings(nil, ["OMPI_MCA_osc": "sm,rdma"])
        #expect(output.contains("OMPI_MCA_osc is 'sm,rdma'"), "\(output)")
    }

    @Test func anotherFileHasMadeThem() async throws {
        let site = home.file("site.conf")
        try "osc = sm,rdma\n".write(toFile: site, atomically: true, encoding: .utf8)
        let output = try await settings("plm_rsh_agent = ssh\n", ["OMPI_MCA_mca_base_param_files": site])
        #expect(output.contains(try await own(osc: false)), "\(output)")
    }
}

/// One rank fails while the others wait at a barrier: the whole job ends, with that rank's exit code, and soon.
@Suite(.serialized) struct CollectiveFailureTests {
    private func run(_ mode: String, ranks: Int = 4, limit: Int = 30) async throws -> Outcome {
        try await runModes([mode], ranks: ranks, limit: limit)
    }

    @Test func aFailedCheckFailsTheJob() async throws {
        let outcome = try await run("wrong")
        #expect(outcome.exitCode == 3, "\(outcome.report)")
        #expect(outcome.error.contains("a deliberate mistake: 1 instead of 2"), "\(outcome.report)")
    }

    @Test func anUncaughtErrorEndsTheJob() async throws {
        let outcome = try await run("throw")
        #expect(outcome.exitCode == 4, "\(outcome.report)")
        let lines = outcome.error.split(separator: "\n").filter { $0.hasPrefix("error on rank 3 of 4 (") }
        #expect(lines.count == 1, "\(outcome.report)")
        #expect(lines.first?.hasSuffix("): gather: there is no rank 99 among 4 ranks") == true, "\(outcome.report)")
    }

    @Test func anErrorIsNoSuccessWhateverItsCode() async throws {
        let outcome = try await run("throw-256", ranks: 1)
        #expect(outcome.exitCode == 1 && outcome.error.contains("error: gather: "), "\(outcome.report)")
    }

    @Test func aSecondStart() async throws {
        let outcome = try await run("second-start")
        #expect(outcome.exitCode == 0, "\(outcome.report)")
    }

    @Test(arguments: [1, 3]) func useAfterTheEnd(ranks: Int) async throws {
        let outcome = try await run("after-finish", ranks: ranks)
        #expect(outcome.exitCode == 0, "\(outcome.report)")
        #expect(outcome.output.components(separatedBy: "has come to its end").count == ranks + 1, "\(outcome.report)")
    }

    /// Open MPI has room for 65 532 at a time.
    @Test func moreCommunicatorsThanThereCanBe() async throws {
        let outcome = try await run("many-splits", ranks: 2, limit: 120)
        #expect(outcome.exitCode == 0, "\(outcome.report)")
    }

    @Test func aRankThatLeavesEarly() async throws {
        let outcome = try await run("exit")
        #expect(outcome.exitCode == 9 && outcome.seconds < 15, "\(outcome.report)")
    }

    /// Whether a signal has ended a rank. MPICH's launcher ends with its number, which may be that of another rank: 9
    /// where it has killed it, 13 where one wrote to a rank that had gone.
    private func isCrash(_ outcome: Outcome) async throws -> Bool {
        let isMPICH = try await MPILibrary.current() == .mpich
        return isMPICH ? [4, 5, 6, 9, 11, 13].contains(outcome.exitCode) : outcome.exitCode > 128
    }

    @Test func aRankThatCrashes() async throws {
        let outcome = try await run("trap")
        try #expect(await isCrash(outcome) && outcome.seconds < 15, "\(outcome.report)")
    }

    /// A wrong sum otherwise, or ranks that wait for each other.
    @Test(arguments: ["free", "ordered", "message", "split"], [2, 3, 4, 5])
    func aFunctionThatCommunicatesItself(kind: String, ranks: Int) async throws {
        let outcome = try await run("nested-" + kind, ranks: ranks)
        #expect(outcome.exitCode == 0 && outcome.output.contains("passed"), "\(outcome.report)")
    }

    @Test func oneSpeaksWhenAllFail() async throws {
        for _ in 0..<5 {
            let outcome = try await run("claim")
            #expect(outcome.exitCode == 7, "\(outcome.report)")
            #expect(outcome.error.components(separatedBy: "the one message").count == 2, "\(outcome.report)")
        }
    }

    @Test func theLimitEndsAHang() async throws {
        let outcome = try await run("hang", limit: 3)
        #expect(outcome.exitCode == 124 && outcome.seconds < 15, "\(outcome.report)")
    }
}
