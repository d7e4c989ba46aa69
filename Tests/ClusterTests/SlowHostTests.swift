import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// Rank 0, which also keeps the shared counter, has a quarter of a core; the other rank has a core to itself.
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
            core=\(cores[1])
            [ "$(hostname)" = node2 ] || core=\(cores[0])
            exec taskset --cpu-list "$core" \(PlainRun.program) "$@"
            """.write(toFile: program, atomically: true, encoding: .utf8)
            chmod(program, 0o755)
            // They end with the hosts.
            for _ in 0..<3 {
                try hosts.start(
                    on: 1, "taskset", ["--cpu-list", "\(cores[0])", "sh", "-c", "while :; do :; done"], environment: [:]
                )
            }
            let dynamic = try await inferenceTime("dynamic", program, hosts)
            let fixed = try await inferenceTime("static", program, hosts)
            #expect(dynamic < 0.7 * fixed, "\(dynamic) s with the dynamic schedule, \(fixed) s with the static one")
        }

        private func inferenceTime(_ schedule: String, _ program: String, _ hosts: Hosts) async throws -> Double {
            let plain = try await PlainRun.shared.value
            let output = folder.file(schedule)
            let outcome = try await hosts.mpirun(
                [program] + plain.arguments(output: output, ["--schedule", schedule]), limit: 120)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            #expect(plain.equals(output), "\(outcome.report)")
            let phases = try Results(output).object["wall_time (seconds)"] as? [String: Double]
            return try #require(phases?["inference"])
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
