import TestSupport
import Testing

/// Worlds of many more ranks than the machine has cores: every operation with every root, and what takes little time.
@Suite(.serialized) struct LargeWorldTests {
    private static let modes = [
        "every", "arrays", "worked", "roots", "orders", "lengths", "sizes", "splits", "freed", "foreign", "interop",
        "codable",
    ]

    @Test func worldOf13() async throws {
        let more = ["shapes", "memory", "counter", "buffers", "to-all", "throwing", "pending"]
        try await expectPassed(Self.modes + more, ranks: 13, limit: 300)
    }

    @Test func worldOf32() async throws { try await expectPassed(Self.modes, ranks: 32, limit: 300) }
}

/// FMI's own cases, at its numbers of peers.
@Suite(.serialized) struct FMITests {
    private func check(peers: Int, limit: Int) async throws {
        try await expectPassed(["fmi"], ranks: peers, limit: limit)
    }

    @Test func peers2() async throws { try await check(peers: 2, limit: 60) }
    @Test func peers3() async throws { try await check(peers: 3, limit: 60) }
    @Test func peers4() async throws { try await check(peers: 4, limit: 60) }
    @Test func peers5() async throws { try await check(peers: 5, limit: 60) }
    @Test func peers7() async throws { try await check(peers: 7, limit: 60) }
    @Test func peers8() async throws { try await check(peers: 8, limit: 60) }
    @Test func peers13() async throws { try await check(peers: 13, limit: 120) }
    @Test func peers16() async throws { try await check(peers: 16, limit: 120) }
    @Test func peers32() async throws { try await check(peers: 32, limit: 240) }

    /// FMI's barrier ends with an error when a peer is missing.
    @Test(arguments: [2, 13]) func aPeerIsMissing(peers: Int) async throws {
        let outcome = try await runModes(["fmi-timeout"], ranks: peers, limit: 30)
        #expect(outcome.exitCode == 5, "\(outcome.report)")
    }
}
