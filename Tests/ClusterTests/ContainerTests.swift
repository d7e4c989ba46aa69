import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// The root file system of `launch/photoz.def`, entered by bubblewrap: Apptainer itself is in no package of Debian
    /// 12.
    @Suite(.serialized) struct ContainerTests {
        let folder = try! TemporaryFolder()

        @Test func selftestAndARunOnTwoRanks() async throws {
            try await Missing.check(["bwrap", "apt-cache", "dpkg-query", "tar"])
            let shipped = Repository.root + "/.build-static/release/photoz"
            try #require(FileManager.default.fileExists(atPath: shipped), "\(shipped) is missing: run launch/test")
            let plain = try await PlainRun.shared.value
            let root = folder.file("root")
            let made = try await Launch.run(
                "sh",
                [
                    "-c", "cd \"$0\" && exec sh Tests/ClusterTests/container.sh launch/photoz.def \"$1\"",
                    Repository.root, root,
                ], limit: 120)
            try #require(made.exitCode == 0, "\(made.report)")

            // Shared with the machine: data and results, and what the launcher and its ranks have in common.
            let shared = Set([FileManager.default.temporaryDirectory.path, "/tmp"]).sorted()
            let container =
                [
                    "--bind", root, "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc", "--ro-bind", "/sys", "/sys",
                    "--chdir", "/",
                ] + shared.flatMap { ["--bind", $0, $0] } + ["/usr/bin/photoz"]
            let selftest = try await Launch.run("bwrap", container + ["selftest"], limit: 120)
            #expect(selftest.exitCode == 0, "\(selftest.report)")
            let output = folder.file("out")
            let outcome = try await Launch.mpirun(
                ranks: 2, "bwrap",
                container + [
                    "run", "--weights", "/usr/share/photoz/astromae-mock-sdss.h5", "--data", plain.survey,
                    "--output", output,
                ], limit: 120, environment: ["OMPI_MCA_btl_vader_single_copy_mechanism": "none"])
            #expect(outcome.exitCode == 0 && outcome.output.contains("2 ranks"), "\(outcome.report)")
            #expect(plain.equals(output), "\(outcome.report)")
        }
    }
}
