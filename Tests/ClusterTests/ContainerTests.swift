import Foundation
import TestSupport
import Testing

extension ClusterTests {
    /// The root file system of a container's definition: the `.deb` and what it depends on, entered by bubblewrap, as
    /// Apptainer itself is in no package of Debian 12.
    @Suite(.serialized) struct ContainerTests {
        let folder = try! TemporaryFolder()

        @Test func selftestAndARunOnTwoRanks() async throws {
            try await Missing.check(["bwrap", "apt-cache", "dpkg-query", "tar"])
            let packages = try await Packages.shared.value
            let definition = try String(contentsOfFile: Repository.root + "/" + Packages.definition, encoding: .utf8)
            #expect(definition.contains("dist/" + URL(fileURLWithPath: packages.deb).lastPathComponent))
            let plain = try await PlainRun.shared.value
            let root = folder.file("root")
            let made = try await Launch.run(
                "sh", [Repository.root + "/Tests/ClusterTests/container.sh", packages.deb, root], limit: 120)
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
