import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// Time and memory of the whole job, with the full network.
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

        /// Tests of time measure the engine and the job in turn, and compare the best of each: what they can do, not
        /// what else the machine does. Where it is shared, they go on until a round says that the limit is met.
        private func rounds(_ counts: ClosedRange<Int>, _ measure: () async throws -> Bool) async throws {
            for round in 1...counts.upperBound {
                if try await measure(), round >= counts.lowerBound { return }
            }
        }

        /// The results of a job on two ranks.
        private func results(_ data: [String], _ options: [String] = []) async throws -> [String: Any] {
            let output = Output(folder: scratch.file("out"))
            let outcome = try await Photoz.run(
                ranks: 2, data: data, output: output.folder, ["--overwrite"] + options, limit: 60)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return try output.results()
        }

        @Test func throughputOnTwoRanks() async throws {
            let data = try survey()
            let operations = 0.2144  // G operations of a galaxy, in the folded network
            var (rates, instructionSet, limit): ([Double], String?, Double) = ([], nil, 100)
            try await rounds(3...20) {
                // What the job may cost beside the engine: beside what it must do of the cores' peak
                // (`theEngineUsesItsCore`), or does here, where other machines take of the memory that they share.
                let engine = try await Bench.measure(threads: 2)
                limit = max(limit, 0.95 * min(engine.rate, 0.72 * engine.peak / operations))
                let results = try await results(data)
                rates.append(results["sample_persec"] as? Double ?? 0)
                instructionSet = (results["provenance"] as? [String: Any])?["instruction_set"] as? String
                return rates.max() ?? 0 >= limit
            }
            print("galaxies a second on two ranks, \(instructionSet ?? "?"): \(rates), at least \(limit)")
            #expect(rates.max() ?? 0 >= limit)
        }

        /// From the start of main to the end of one batch of 64 on each rank, but for MPI's own start.
        @Test func theFirstBatchComesSoon() async throws {
            let data = try MockSurvey().folder(input, counts: [128])
            var (engines, times, limit): ([Bench], [Double], Double) = ([], [], 0)
            try await rounds(5...20) {
                engines.append(try await Bench.measure(threads: 2, "--batch-size", "128"))
                let results = try await results(data, ["--batch-size", "64"])
                let phases = results["wall_time (seconds)"] as? [String: Double] ?? [:]
                times.append(
                    ["startup", "load", "inference"].reduce(-(phases["mpi"] ?? 0)) { $0 + (phases[$1] ?? .nan) })
                limit = limitOfTheFirstBatch(engines)
                return times.min() ?? .nan < limit
            }
            let preparations = engines.map(\.preparation)
            print("seconds to the end of the first batch: \(times), at most \(limit); of preparation: \(preparations)")
            #expect(times.min() ?? .nan < limit)
            #expect(preparations.min() ?? .nan < 0.35 * slowness(engines))
        }

        /// Seconds that the first batch may take: 0.4 where a core does 280 G operations a second at best. 0.15 of them
        /// are arithmetic, folding and the batch itself, and take longer on a slower core: 0.61 s at 117 G. Where
        /// memory and pages cost more, what the engine takes for both, and 0.2 s for the rest.
        private func limitOfTheFirstBatch(_ engines: [Bench]) -> Double {
            let preparation = engines.map(\.preparation).min() ?? .nan
            let batch = 128 / (engines.map(\.fastest).max() ?? .nan)
            return max(0.25 + 0.15 * slowness(engines), preparation + batch + 0.2)
        }

        /// How much slower one of two cores is at best than one that does 280 G operations a second.
        private func slowness(_ engines: [Bench]) -> Double {
            max(1, 280 / ((engines.map(\.peak).max() ?? .nan) / 2))
        }

        @Test func theEngineUsesItsCore() async throws {
            // Batches so short that some of them are left alone, as some of the peak's slices are.
            var shares: [Double] = []
            try await rounds(3...15) {
                shares.append(try await Bench.measure(threads: 1, "--batch-size", "112").undisturbedShare)
                return shares.max() ?? 0 >= 0.72
            }
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
}
