import Collectives
import Glibc

/// A real MPI program: each mode of the command line checks a part of `Collectives` on every rank, and any failed check
/// ends the job with exit code 3 and a message that names rank and check.
@main
enum Check {
    static func main() {
        // 256 would be a success to a launcher.
        let code: Int32 = CommandLine.arguments.last == "throw-256" ? 256 : 4
        MPI.run(exitCode: { _ in code }) { world in
            for mode in CommandLine.arguments.dropFirst() {
                guard let run = modes[mode] ?? others[mode] else {
                    fail(world, "unknown mode \(mode)")
                }
                // Each mode with blocking calls, then with nonblocking ones that are waited for in both ways.
                let patiences = modes[mode] == nil ? [Patience()] : Waits.patiences(for: world)
                for patience in patiences {
                    try world.setPatience(patience)
                    try run(world)
                }
                try world.setPatience(Patience())
                try world.barrier()
                if world.rank == 0 { print("\(mode) passed on \(world.size) ranks") }
            }
        }
        requireNothingLeft()
    }

    private static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "worked": WorkedValues.check, "roots": Roots.check, "orders": Orders.check, "shapes": Shapes.check,
        "random": RandomValues.check, "memory": Memory.check, "lengths": Lengths.check,
        "counter": Counter.check, "buffers": Buffers.check, "extremes": Extremes.check, "foreign": ForeignTypes.check,
        "messages": Messages.check, "sizes": Sizes.check, "reproducible": Reproducible.check, "freed": Lives.checkFreed,
        "to-all": ToAll.check, "splits": Splits.check, "throwing": ThrowingFunctions.check,
        "interop": Interop.check, "files": Files.check, "tags": Tags.check, "pending": Pendings.check,
        "arrays": Arrays.check, "codable": Codables.check, "gathers": PendingGathers.check,
        "windows": Windows.check, "spans": Spans.check, "groups": Groups.check, "fmi": FMI.check,
        "every": EveryOperation.check,
    ]

    /// Those that see to the waiting themselves.
    private static let others = [
        Failures.modes, Waits.modes, Boards.modes, Latency.modes, LongArrays.modes, Abandoned.modes, Lives.modes,
        Files.modes, Tags.modes, PendingEnds.modes, PendingGathers.modes, WindowEnds.modes, WindowRooms.modes,
        SpanCopies.modes, SpanDeadlines.modes, Turns.modes, FunctionTurns.modes, FMI.modes, FailedReceives.modes,
    ].reduce(into: [:]) {
        all, modes in
        all.merge(modes) { first, _ in first }
    }

    /// Windows that were not given back stay in the address space.
    private static func requireNothingLeft() {
        guard let maps = fopen("/proc/self/maps", "r") else { return }
        defer { fclose(maps) }
        var line = [CChar](repeating: 0, count: 1000)
        while fgets(&line, 1000, maps) != nil {
            if strstr(line, "/osc_sm.") != nil || strstr(line, "/osc_rdma.") != nil {
                fputs("check: a window was left when MPI was finished\n", stderrHandle())
                exit(3)
            }
        }
    }

    /// Ends the job.
    static func fail(_ world: Communicator, _ message: String) -> Never {
        fputs("check: rank \(world.rank) of \(world.size): \(message)\n", stderrHandle())
        MPI.abort(exitCode: 3)
    }
}

/// C's standard error, opened anew: its global variable is none that Swift 6 may read.
func stderrHandle() -> UnsafeMutablePointer<FILE> { fdopen(2, "w") }

extension Communicator {
    /// How far apart the ranks of a message are: all distances, or in a large world some.
    var distances: [Int] { size > 8 ? [0, 1, size / 2, size - 1] : Array(0..<size) }

    /// Ends the job when two values differ.
    func expect<T: Equatable>(_ actual: T, _ expected: T, _ what: String) {
        if actual != expected { Check.fail(self, "\(what): \(actual) instead of \(expected)") }
    }

    /// Ends the job unless `body` throws an error that `matches`.
    func expectError(_ what: String, _ matches: (CollectiveError) -> Bool, _ body: () throws -> Void) {
        do {
            try body()
        } catch let error as CollectiveError {
            if !matches(error) { Check.fail(self, "\(what): wrong error: \(error)") }
            return
        } catch { Check.fail(self, "\(what): wrong error: \(error)") }
        Check.fail(self, "\(what): no error")
    }
}
