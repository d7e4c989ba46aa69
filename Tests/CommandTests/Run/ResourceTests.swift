import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Time, memory and disk of the whole job, with the full network.
    @Suite(.serialized) struct ResourceTests {
        let input = try! TemporaryFolder()
        let scratch = try! TemporaryFolder()

        /// 4 096 galaxies in two partitions.
        private func survey() throws -> [String] { try MockSurvey().folder(input, counts: [3000, 1096]) }

        @Test func worldOf128OnAFewCores() async throws {
            let data = try survey()
            let small = try await Photoz.run(ranks: 2, data: data, output: scratch.file("2"), limit: 60)
            try #require(small.exitCode == 0, "\(small.report)")
            let large = try await Photoz.run(ranks: 128, data: data, output: scratch.file("128"), limit: 120)
            try #require(large.exitCode == 0, "\(large.report)")
            #expect(large.seconds <= 3 * small.seconds + 20, "\(large.seconds) s, \(small.seconds) s with two ranks")
            #expect(
                try Output(folder: scratch.file("128")).bytes("predictions.h5")
                    == Output(folder: scratch.file("2")).bytes("predictions.h5"))
        }

        /// The program as it is shipped: the one that is built for tests loads a dozen libraries more. Small chunks,
        /// and chunks of 5 MB, which HDF5 keeps and decompresses whole: their size adds to a rank's memory.
        @Test(arguments: [(16, 512, 100.0), (256, 512, 100), (16, 64, 60)])
        func memoryOfARank(rowsOfAChunk: Int, batch: Int, limit: Double) async throws {
            // Proportional set sizes: a page that n processes share counts as an n-th in each of them.
            try MockSurvey().write(input.file("1.h5"), count: 4096, .init(chunkRows: rowsOfAChunk))
            let (data, output) = (input.path, scratch.file("out"))
            async let outcome = Photoz.run(
                ranks: 2, data: [data], output: output, ["--batch-size", "\(batch)"], limit: 60,
                program: Repository.shipped)
            let peaks = try await ProportionalMemory.peaks(of: 2, withCommand: output)
            let finished = try await outcome
            try #require(finished.exitCode == 0, "\(finished.report)")
            #expect(peaks.count == 2, "\(peaks)")
            #expect(peaks.first ?? .infinity <= 250, "MB: \(peaks)")
            #expect(peaks.dropFirst().allSatisfy { $0 <= limit }, "MB: \(peaks)")
            print("peak proportional set sizes, chunks of \(rowsOfAChunk) rows, batches of \(batch), MB: \(peaks)")
        }

        @Test func throughputOnTwoRanks() async throws {
            // The best of three: what the machine can do, not what else it does. The rates are printed.
            let data = try survey()
            var (rates, instructionSet): ([Double], String?) = ([], nil)
            var engines: [Bench] = []
            for _ in 0..<3 {
                engines.append(try await Bench.measure(threads: 2))
                let output = Output(folder: scratch.file("out"))
                let outcome = try await Photoz.run(
                    ranks: 2, data: data, output: output.folder, ["--overwrite"], limit: 60)
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                let results = try output.results()
                rates.append(results["sample_persec"] as? Double ?? 0)
                instructionSet = (results["provenance"] as? [String: Any])?["instruction_set"] as? String
            }
            // What the job may cost beside the engine: beside what it must do of the cores' peak
            // (`theEngineUsesItsCore`), or does here, where other machines take of the memory that they share.
            let peak = engines.map(\.peak).max() ?? .nan
            let operations = 0.2144  // G operations of a galaxy, in the folded network
            let engine = min(0.72 * peak / operations, engines.map(\.rate).min() ?? .nan)
            let limit = max(100, 0.95 * engine)
            print("galaxies a second on two ranks, \(instructionSet ?? "?"): \(rates), at least \(limit)")
            #expect(rates.max() ?? 0 >= limit)
        }

        @Test func theFirstBatchComesSoon() async throws {
            // From the start of main to the end of one batch of 64 on each rank, but for MPI's own start; the best of
            // five, or of more where other machines take of the memory that they share.
            var engines: [Bench] = []
            for _ in 0..<3 { engines.append(try await Bench.measure(threads: 1)) }
            // 0.4 s where a core does 280 G operations a second at best. 0.15 s of them are arithmetic, folding and the
            // batch itself, and take longer on a slower core: 0.61 s at 117 G.
            let peak = engines.map(\.peak).max() ?? .nan
            let share = engines.map(\.share).min() ?? .nan
            let limit = (0.25 + 0.15 * max(1, 280 / peak)) * max(1, 0.72 / share)
            let data = try MockSurvey().folder(input, counts: [128])
            var times: [Double] = []
            while times.count < 5 || times.count < 20 && times.min()! >= limit {
                let output = Output(folder: scratch.file("out"))
                let outcome = try await Photoz.run(
                    ranks: 2, data: data, output: output.folder, ["--overwrite", "--batch-size", "64"],
                    limit: 60)
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                let phases = try output.results()["wall_time (seconds)"] as? [String: Double] ?? [:]
                times.append(
                    ["startup", "load", "inference"].reduce(-(phases["mpi"] ?? 0)) { $0 + (phases[$1] ?? .nan) })
            }
            print("seconds to the end of the first batch: \(times), at most \(limit)")
            #expect(times.min() ?? .nan < limit)
        }

        @Test func theEngineUsesItsCore() async throws {
            var shares: [Double] = []
            for _ in 0..<3 { shares.append(try await Bench.measure(threads: 1).share) }
            print("share of the core's float32 peak: \(shares)")
            #expect(shares.max() ?? 0 >= 0.72)
        }

        @Test func oneFileWithoutAToolchain() async throws {
            let shipped = Repository.shipped
            try #require(FileManager.default.fileExists(atPath: shipped), "\(shipped) is missing: run launch/test")
            let copy = scratch.file("photoz")
            try FileManager.default.copyItem(atPath: shipped, toPath: copy)
            let size = try FileManager.default.attributesOfItem(atPath: copy)[.size] as? Int ?? .max
            // 3 MB of it are HDF5: as a library it would bring a dozen packages to a machine, 7.5 MB on Debian 12.
            #expect(size < 26_000_000, "\(size) bytes")
            let libraries = try await Launch.run("ldd", [copy], limit: 10)
            #expect(libraries.exitCode == 0 && !libraries.output.contains("not found"), "\(libraries.report)")
            #expect(!libraries.output.lowercased().contains("swift"), "\(libraries.report)")
            let output = Output(folder: scratch.file("out"))
            let outcome = try await Launch.mpirun(
                ranks: 2, copy,
                ["run", "--weights", Repository.weights, "--data", Repository.galaxies, "--output", output.folder],
                limit: 30, environment: ["PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": ""])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(output.names == Output.finished)
        }

        @Test func twoJobsOnOneOutputFolder() async throws {
            let data = try survey()
            let output = scratch.file("out")
            async let first = Photoz.run(ranks: 1, data: data, output: output, limit: 60)
            try await wait(for: output + "/.photoz.lock")
            // It must not come to its end before the second has begun.
            let job = JobProcesses(word: output).ranks
            for process in job { kill(process.id, SIGSTOP) }
            let second = try await Photoz.run(ranks: 2, data: data, output: output, limit: 30)
            #expect(second.exitCode == 73 && second.error.contains("another photoz job"), "\(second.report)")
            for process in job { kill(process.id, SIGCONT) }
            let finished = try await first
            #expect(finished.exitCode == 0, "\(finished.report)")
            #expect(Output(folder: output).names == Output.finished)
        }

        private func wait(for file: String) async throws {
            for _ in 0..<1000 {
                if FileManager.default.fileExists(atPath: file) { return }
                try await Task.sleep(for: .milliseconds(10))
            }
            Issue.record("\(file) did not appear within 10 s")
        }
    }

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
