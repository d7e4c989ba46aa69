import Foundation
import TestSupport
import Testing

/// Starts the examples of Collectives.
enum Example {
    /// Runs one, such as `halo-exchange`.
    static func run(_ name: String, ranks: Int) async throws -> Outcome {
        try await Launch.mpirun(ranks: ranks, Launch.products + "/collectives-" + name, [], limit: 60)
    }
}

/// What the examples of Collectives write at several world sizes, beside plain loops.
@Suite(.serialized) struct ExampleTests {
    private static let sizes = [1, 2, 3, 4, 5, 8]

    private func expect(_ name: String, ranks: Int, writes lines: String...) async throws {
        let outcome = try await Example.run(name, ranks: ranks)
        #expect(outcome.exitCode == 0 && outcome.output == lines.joined(separator: "\n") + "\n", "\(outcome.report)")
    }

    @Test(arguments: sizes) func theFirstProgram(ranks: Int) async throws {
        try await expect(
            "first-program", ranks: ranks, writes: "9592 primes below 100000, counted by \(ranks) ranks")
    }

    @Test(arguments: sizes) func masterAndWorkers(ranks: Int) async throws {
        try await expect(
            "master-worker", ranks: ranks, writes: "1000 of 1000 tasks are done",
            "the longest way begins at 871: 178 steps")
    }

    @Test(arguments: sizes) func histogram(ranks: Int) async throws {
        var counts = [Int](repeating: 0, count: 400)
        for start in 1...10_000 {
            var (number, steps) = (start, 0)
            while number > 1 {
                number = number % 2 == 0 ? number / 2 : 3 * number + 1
                steps += 1
            }
            counts[steps] += 1
        }
        let most = counts.max() ?? 0
        let steps = counts.firstIndex(of: most) ?? 0
        // No other number of steps is as frequent.
        #expect(counts.filter { $0 == most }.count == 1)
        try await expect(
            "histogram", ranks: ranks, writes: "10000 numbers; \(most) of them, the most, need \(steps) steps")
    }

    @Test(arguments: sizes) func aMasterThatAnswers(ranks: Int) async throws {
        let limit = 2000
        let found = (1..<limit).filter { start in
            var number = start
            while number > 1, number < limit { number = number % 2 == 0 ? number / 2 : 3 * number + 1 }
            return number == 1
        }
        try await expect(
            "tasks", ranks: ranks,
            writes: ranks == 1
                ? "the master needs a worker: start more ranks"
                : "\(found.count) numbers come to 1 and stay below \(limit)")
    }

    @Test(arguments: sizes) func wordCount(ranks: Int) async throws {
        let outcome = try await Example.run("word-count", ranks: ranks)
        #expect(outcome.exitCode == 0, "\(outcome.report)")
        // One rank has warned.
        let warning = "/nowhere cannot be written to"
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.filter { $0 == warning }.count == 1, "\(outcome.report)")
        #expect(lines.filter { $0 != warning } == ["5 times a", "4 times rose", "3 times is"], "\(outcome.report)")
    }

    @Test(arguments: sizes) func overlap(ranks: Int) async throws {
        let sums = (0..<ranks).flatMap { [100_000 * $0, 100_000 * (($0 + ranks - 1) % ranks)] }
        try await expect("overlap", ranks: ranks, writes: "own and received sums: \(sums)")
    }

    @Test(arguments: sizes) func haloExchange(ranks: Int) async throws {
        let (rows, columns) = (4 * ranks, 8)
        var plate = [[Double]](repeating: [Double](repeating: 0, count: columns), count: rows)
        plate[0][0] = 1
        var change = 0.0
        for _ in 0..<10 {
            let old = plate
            change = 0
            for row in 0..<rows {
                for column in 0..<columns {
                    let (above, below) = (old[(row + rows - 1) % rows][column], old[(row + 1) % rows][column])
                    let left = old[row][(column + columns - 1) % columns]
                    let right = old[row][(column + 1) % columns]
                    plate[row][column] = (above + below + left + right) / 4
                    change = max(change, abs(plate[row][column] - old[row][column]))
                }
            }
        }
        try await expect(
            "halo-exchange", ranks: ranks, writes: "after 10 steps: heat 1.0, largest change \(change)")
    }

    @Test(arguments: sizes) func reproducibleSum(ranks: Int) async throws {
        var blocks = [Double](repeating: 0, count: 64)
        var own = [Double](repeating: 0, count: ranks)
        for index in 0..<100_000 {
            let block = (0..<64).last { $0 * 100_000 / 64 <= index } ?? 0
            let term = 1 / Double(1 + index * 7919 % 10_007)
            blocks[block] += term
            own[block % ranks] += term
        }
        // Neighbours first, then pairs of neighbours.
        while own.count > 1 {
            own = stride(from: 0, to: own.count, by: 2).map { $0 + 1 < own.count ? own[$0] + own[$0 + 1] : own[$0] }
        }
        try await expect(
            "reproducible-sum", ranks: ranks, writes: "on \(ranks) ranks: \(own[0])",
            "on any number of ranks: \(blocks.reduce(0, +))")
    }
}

/// The example of a rank that comes too late.
@Suite(.serialized) struct ExampleDeadlineTests {
    @Test func nobodyIsMissing() async throws {
        let outcome = try await Example.run("deadline", ranks: 1)
        #expect(outcome.exitCode == 0 && outcome.output == "4 files read by 1 ranks\n", "\(outcome.report)")
    }

    @Test(arguments: [2, 3, 4, 5, 8]) func theLastRankIsMissing(ranks: Int) async throws {
        let outcome = try await Example.run("deadline", ranks: ranks)
        #expect(outcome.exitCode == 5 && outcome.seconds < 30, "\(outcome.report)")
        // All come to their catch; with more ranks than a busy machine's cores perhaps not in the two seconds.
        for rank in 0..<(ranks <= 4 ? ranks - 1 : 1) {
            #expect(outcome.output.contains("rank \(rank) waits no longer for [\(ranks - 1)]\n"), "\(outcome.report)")
        }
        // A rank on a busy machine may have told of the file before.
        let line = try Regex(
            #"error on rank \d of \#(ranks) \(.+\): MPI_Allreduce: rank \#(ranks - 1) \(.+\) did not arrive "#
                + #"within 2 s; it was last seen in reading, (50|75) % done, \d\.\d s ago"#)
        #expect(outcome.error.contains(line), "\(outcome.report)")
    }
}
