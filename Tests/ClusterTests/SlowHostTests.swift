import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Rank 0, which also keeps the shared counter, has a fifth of a core; the other rank has a core to itself.
    @Suite(.serialized) struct SlowHostTests {
        let folder = try! TemporaryFolder()

        @Test func dynamicScheduleDoesNotWaitForIt() async throws {
            try await Missing.check(["taskset"])
            let cores = try Self.cores()
            try #require(cores.count >= 2, "a slow rank and a fast one need two cores")
            let hosts = try await Hosts()
            let program = folder.file("bound")
            try """
            #!/bin/sh
            [ "$(hostname)" = node1 ] || exec taskset --cpu-list \(cores[1]) \(PlainRun.program) "$@"
            exec nice -n 3 taskset --cpu-list \(cores[0]) \(PlainRun.program) "$@"
            """.write(toFile: program, atomically: true, encoding: .utf8)
            chmod(program, 0o755)
            // They end with the hosts.
            for _ in 0..<2 {
                try hosts.start(
                    on: 1, "taskset", ["--cpu-list", "\(cores[0])", "sh", "-c", "while :; do :; done"], environment: [:]
                )
            }
            let dynamic = try await ranks("dynamic", program, hosts)
            let fixed = try await ranks("static", program, hosts)
            #expect(
                dynamic.time < 0.75 * fixed.time, "\(dynamic) with the dynamic schedule, \(fixed) with the static one")
            #expect(dynamic.samples[0] < dynamic.samples[1], "\(dynamic)")
            // A request for the next galaxies is not left waiting until rank 0 has a moment.
            #expect(dynamic.waits[1] < 0.1 * dynamic.time + 0.1, "\(dynamic)")
        }

        /// Seconds of the inference phase, and of each rank the galaxies and the seconds it waited for more.
        private func ranks(
            _ schedule: String, _ program: String, _ hosts: Hosts
        ) async throws -> (time: Double, samples: [Int], waits: [Double]) {
            let plain = try await PlainRun.shared.value
            let output = folder.file(schedule)
            let outcome = try await hosts.mpirun(
                [program] + plain.arguments(output: output, ["--schedule", schedule]), limit: 180)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            #expect(plain.equals(output), "\(outcome.report)")
            let results = try Results(output)
            let phases = results.object["wall_time (seconds)"] as? [String: Double]
            return (
                try #require(phases?["inference"]), results.ranks.compactMap { $0["num_samples"] as? Int },
                results.ranks.compactMap { $0["read_wait (seconds)"] as? Double }
            )
        }

        /// The cores that the tests may use.
        private static func cores() throws -> [Int] {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") } ?? ""
            return line.drop { $0 != "\t" }.dropFirst().split(separator: ",").flatMap { part in
                let ends = part.split(separator: "-").compactMap { Int($0) }
                return ends.isEmpty ? [] : Array(ends[0]...ends[ends.count - 1])
            }
        }
    }
}
