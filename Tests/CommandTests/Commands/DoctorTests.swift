import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz doctor`: facts, and each warning where there is reason for it and not elsewhere.
    @Suite(.serialized) struct DoctorTests {
        private let folder = try! TemporaryFolder()

        private func doctor(_ more: [String] = [], environment: [String: String] = [:]) async throws -> Outcome {
            try await Launch.run(
                Photoz.path, ["doctor", "--folder", folder.path] + more, limit: 30, environment: environment)
        }

        private func warnings(_ outcome: Outcome) throws -> [String] {
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return outcome.output.split(separator: "\n").filter { $0.hasPrefix("warning: ") }.map(String.init)
        }

        /// A library of the test's own that stands before others in the process.
        private func impostor(_ source: String) async throws -> [String: String] {
            let (code, library) = (folder.file("impostor.c"), folder.file("impostor.so"))
            try source.write(toFile: code, atomically: true, encoding: .utf8)
            let outcome = try await Launch.run("clang", ["-shared", "-fPIC", "-o", library, code, "-ldl"], limit: 30)
            try #require(outcome.exitCode == 0, "no clang of the Swift toolchain on the PATH: \(outcome.report)")
            return ["LD_PRELOAD": library]
        }

        @Test func whatASupportPersonAsks() async throws {
            let outcome = try await Launch.mpirun(
                ranks: 2, Photoz.path, ["doctor", "--folder", folder.path, "--weights", Repository.weights], limit: 30)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            let launcher = try await MPILibrary.current() == .mpich ? "Hydra's mpiexec" : "Open MPI's mpirun"
            for word in [
                "MPI ", "MPI_THREAD_", "built with headers of", "HDF5 ", "thread-safe", "deflate", "szip", "parallel",
                "launcher", launcher, "ranks ", "2 on 1 host", "bound to cores", "instruction set",
                "portable", "limits", "open files", "/dev/shm", "folder", "MB free", "locks hold",
                "each rank writes its own (--write ranks): there is one host",
            ] { #expect(outcome.output.contains(word), "\(word) in: \(outcome.report)") }
            #expect(outcome.output.components(separatedBy: "instruction set").count == 2, "one rank speaks for all")
        }

        @Test func aloneThereIsNoLauncher() async throws {
            let outcome = try await doctor()
            #expect(outcome.output.contains("none: a world of one"), "\(outcome.report)")
            #expect(try warnings(outcome).allSatisfy { !$0.contains("cores") && !$0.contains("MPI") })
            #expect(Output(folder: folder.path).names == [], "nothing is left behind")
        }

        @Test func moreRanksThanCores() async throws {
            let cores = ProcessInfo.processInfo.activeProcessorCount
            let outcome = try await Launch.mpirun(ranks: cores + 1, Photoz.path, ["doctor"], limit: 60)
            #expect(try warnings(outcome).contains { $0.contains("more ranks than cores") }, "\(outcome.report)")
        }

        @Test("Two ranks on one core, where there are others: a batch system that binds badly")
        func ranksOnOneCore() async throws {
            let outcome = try await Launch.mpirun(
                ranks: 2, "taskset", ["-c", "0", Photoz.path, "doctor"], limit: 30)
            #expect(try warnings(outcome).contains { $0.contains("more ranks than cores") }, "\(outcome.report)")
        }

        @Test func separateWorldsOfOne() async throws {
            // As when a launcher of another MPI starts four processes.
            let first = try await doctor(environment: ["PMI_SIZE": "4", "PMI_RANK": "0"])
            #expect(try warnings(first).contains { $0.contains("each is alone in its MPI world") }, "\(first.report)")
            let second = try await doctor(environment: ["PMI_SIZE": "4", "PMI_RANK": "1"])
            #expect(second.exitCode == 0 && second.output == "", "one speaks for all: \(second.report)")
        }

        @Test func librariesOfOtherVersions() async throws {
            let environment = try await impostor(
                """
                #include <string.h>
                int MPI_Get_library_version(char *text, int *length) {
                    strcpy(text, "Open MPI v9.8.7"); *length = 15; return 0;
                }
                int H5get_libversion(unsigned *a, unsigned *b, unsigned *c) { *a = 1; *b = 99; *c = 9; return 0; }
                """)
            let warnings = try warnings(try await doctor(environment: environment))
            #expect(warnings.count { $0.contains("the MPI library that runs is another") } == 1, "\(warnings)")
            #expect(warnings.count { $0.contains("the HDF5 library that runs is another") } == 1, "\(warnings)")
        }

        @Test func aNetworkFileSystemWithoutLocks() async throws {
            let environment = try await impostor(
                Self.networked + "int flock(int f, int o) { errno = ENOLCK; return -1; }")
            let outcome = try await doctor(environment: environment)
            #expect(outcome.output.contains(": lustre, "), "\(outcome.report)")
            #expect(
                try warnings(outcome).contains { $0.contains(folder.path) && $0.contains("has no locks (Lustre") },
                "\(outcome.report)")
        }

        @Test func aNetworkFileSystemWithLocksOfEachHost() async throws {
            let environment = try await impostor(Self.networked + "int flock(int f, int o) { return 0; }")
            let outcome = try await Launch.mpirun(
                ranks: 2, "env",
                ["LD_PRELOAD=" + environment["LD_PRELOAD"]!, Photoz.path, "doctor", "--folder", folder.path],
                limit: 30)
            #expect(try warnings(outcome).contains { $0.contains("do not keep other ranks out") }, "\(outcome.report)")
        }

        /// Says that everything is mounted from Lustre.
        private static let networked = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <stdio.h>
            #include <string.h>
            FILE *fopen(const char *path, const char *mode) {
                static char mounts[] = "there / ext4 rw 0 0\\nthere / lustre rw 0 0\\n";
                if (strcmp(path, "/proc/self/mounts") == 0) return fmemopen(mounts, strlen(mounts), "r");
                return ((FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen"))(path, mode);
            }

            """

        @Test(arguments: [(20, true), (4000, false)]) func sharedMemory(megabytes: Int, isTooSmall: Bool) async throws {
            let outcome = try await Launch.run(
                "unshare",
                [
                    "--user", "--map-root-user", "--mount", "sh", "-c",
                    "mount -t tmpfs -o size=\(megabytes)m tmpfs /dev/shm && \(Photoz.path) doctor",
                ], limit: 30)
            #expect(try warnings(outcome).contains { $0.contains("/dev/shm is too small") } == isTooSmall)
        }

        @Test func aFolderThatIsNotThere() async throws {
            let outcome = try await Photoz.alone(["doctor", "--folder", folder.file("nowhere")])
            #expect(try warnings(outcome).contains { $0.contains("is not writable") }, "\(outcome.report)")
        }
    }
}
