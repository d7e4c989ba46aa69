import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Disks that are too small, in a mount namespace of the test's own.
    @Suite(.serialized) struct DiskTests {
        let input = try! TemporaryFolder()
        let disk = try! TemporaryFolder()

        /// Runs a shell script that has `$run` (the job on two ranks) and a disk of `size` at `$disk`.
        private func script(_ body: String, size: String) async throws -> Outcome {
            let data = try MockSurvey().folder(input, counts: [4096])
            let job =
                "mpirun -np 2 \(Photoz.path) run --weights \(Repository.weights) --data \(data[0]) --output \(disk.path)/out"
            let commands = """
                mount -t tmpfs -o size=\(size) tmpfs \(disk.path) || exit 99
                disk=\(disk.path)
                run() { \(job) "$@"; }
                \(body)
                """
            let outcome = try await Launch.run(
                "unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", commands], limit: 60,
                environment: Launch.launcherEnvironment)
            try #require(
                outcome.exitCode != 99 && !outcome.error.contains("unshare:"),
                "this machine allows no mount in a namespace: \(outcome.report)")
            return outcome
        }

        /// Two ranks share 50 MB of weights there.
        @Test func tooSmallASharedMemory() async throws {
            let outcome = try await script(
                "mount -t tmpfs -o size=20m tmpfs /dev/shm && run; code=$?; ls $disk/out; exit $code", size: "200m")
            #expect(outcome.exitCode == 74, "\(outcome.report)")
            #expect(outcome.error.contains("/dev/shm is too small on "), "\(outcome.report)")
            #expect(outcome.error.contains("MB: its ranks share the weights there; enlarge it"), "\(outcome.report)")
            #expect(outcome.error.components(separatedBy: "photoz: error").count == 2, "\(outcome.report)")
        }

        @Test func tooLittleSpaceBeforeWorkStarts() async throws {
            let outcome = try await script("run; code=$?; ls $disk/out; exit $code", size: "200k")
            #expect(outcome.exitCode == 73, "\(outcome.report)")
            #expect(outcome.error.contains("free and the results need"), "\(outcome.report)")
            #expect(outcome.output == "", "nothing is left behind: \(outcome.report)")
        }

        @Test func aDiskThatFillsUp() async throws {
            // The disk is filled while the network computes, after the check of its free space; then room is made.
            let outcome = try await script(
                """
                run --quiet & job=$!
                until \(Photoz.path) status --json $disk/out | grep -q '"galaxies_done" : [1-9]'; do sleep 0.02; done
                dd if=/dev/zero of=$disk/filler bs=1k 2>/dev/null
                wait $job; code=$?
                ls $disk/out
                rm $disk/filler
                run --resume --quiet || exit 98
                ls $disk/out
                cp $disk/out/predictions.h5 \(input.path)/resumed
                exit $code
                """, size: "2m")
            #expect(outcome.exitCode == 74, "\(outcome.report)")
            #expect(outcome.error.contains("No space left on device"), "\(outcome.report)")
            let names = ["journal"] + Output.finished
            #expect(outcome.output.split(separator: "\n").map(String.init) == names, "\(outcome.report)")
            let whole = Output(folder: input.file("whole"))
            let undisturbed = try await Photoz.run(
                ranks: 2, data: [input.file("1.h5")], output: whole.folder, limit: 60)
            try #require(undisturbed.exitCode == 0, "\(undisturbed.report)")
            // The partition has another name when it is given as a file: the numbers are compared.
            let numbers: [Float] = try File.open(input.file("resumed")).dataset("redshift_predicted").readAll()
            #expect(try whole.floats("redshift_predicted").map(\.bitPattern) == numbers.map(\.bitPattern))
        }

        /// 67 000 made-up predictions take 1.9 MB, and their table as much again.
        private func write(size: String, _ words: String, before: String = "") async throws -> Outcome {
            let commands = """
                mount -t tmpfs -o size=\(size) tmpfs \(disk.path) || exit 99
                \(before) mpirun -np 3 \(Launch.products)/write-check \(disk.path) 67000 \(words)
                """
            return try await Launch.run(
                "unshare", ["--user", "--map-root-user", "--mount", "sh", "-c", commands], limit: 100,
                environment: Launch.launcherEnvironment)
        }

        @Test("The room is taken before anything is computed, and a disk that fills up shows on all ranks")
        func aDiskThatIsFullWhenPredictionsAreWritten() async throws {
            let outcome = try await write(size: "1m", "integers")
            #expect(outcome.exitCode == 74, "\(outcome.report)")
            #expect(outcome.error.contains("predictions.h5: cannot have the "), "\(outcome.report)")
            #expect(outcome.error.contains("No space left on device"), "\(outcome.report)")
            // A file system that cannot take room beforehand.
            let (code, library) = (input.file("none.c"), input.file("none.so"))
            try "#include <errno.h>\nint fallocate(int a, int b, long c, long d) { errno = EOPNOTSUPP; return -1; }"
                .write(toFile: code, atomically: true, encoding: .utf8)
            let compiled = try await Launch.run("clang", ["-shared", "-fPIC", "-o", library, code], limit: 30)
            try #require(compiled.exitCode == 0, "\(compiled.report)")
            for words in ["integers", "integers collect", "any"] {
                let late = try await write(size: "1m", words, before: "LD_PRELOAD=\(library)")
                #expect(late.exitCode == 74, "\(words): \(late.report)")
                #expect(late.error.contains("predictions.h5: cannot be written: No space left"), "\(late.report)")
            }
        }

        @Test func aReadOnlyMount() async throws {
            let outcome = try await script("mount -o remount,ro $disk; run", size: "2m")
            #expect(outcome.exitCode == 73, "\(outcome.report)")
            #expect(outcome.error.contains("Read-only file system"), "\(outcome.report)")
        }
    }
}
