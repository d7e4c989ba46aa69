import CCollectives
import Glibc

extension MPI {
    /// Runs a program: starts MPI, gives `body` all ranks, and finishes MPI.
    ///
    /// An error that is thrown on any rank, by `body` or by MPI, ends the whole job: with one line on standard error,
    /// which names the rank, and with an exit code.
    ///
    /// - Parameters:
    ///   - exitCode: The job's exit code for an error, 1 to 255; another number counts as 1. The first rank that ends
    ///     the job decides.
    ///   - grace: How long a rank that has failed leaves the others to save what they have, in a `catch` of theirs,
    ///     before it ends them.
    ///   - body: The program. Every rank runs it.
    public static func run(
        exitCode: (any Error) -> Int32 = { _ in 1 }, grace: Duration = .zero,
        _ body: (_ world: Communicator) throws -> Void
    ) {
        do {
            try body(start())
            if Life.isRunning { try finish() }
        } catch { end(error, exitCode(error), after: grace) }
    }

    /// The same for a program that awaits, such as ``Pending/value``. It runs where the caller does.
    ///
    /// - Parameters:
    ///   - isolation: The caller's actor.
    ///   - exitCode: The job's exit code for an error, 1 to 255; another number counts as 1. The first rank that ends
    ///     the job decides.
    ///   - grace: How long a rank that has failed leaves the others to save what they have, in a `catch` of theirs,
    ///     before it ends them.
    ///   - body: The program. Every rank runs it.
    public static func runAsync(
        isolation: isolated (any Actor)? = #isolation, exitCode: (any Error) -> Int32 = { _ in 1 },
        grace: Duration = .zero, _ body: (_ world: Communicator) async throws -> Void
    ) async {
        do {
            try await body(start())
            if Life.isRunning { try finish() }
        } catch { end(error, exitCode(error), after: grace) }
    }

    /// Sees to it that an error that a program throws out of its `main` ends the job, as one out of `run` does.
    static func catchErrorsOfMain() {
        ccollectives_on_error_in_main { MPI.end(unsafeBitCast($0, to: (any Error).self), 1, after: .zero) }
    }

    private static func end(_ error: any Error, _ code: Int32, after grace: Duration) -> Never {
        // One call: lines of several ranks do not mix.
        let line = Array("error\(Life.place): \(error)\n".utf8)
        fflush(nil)
        write(2, line, line.count)
        if !Life.place.isEmpty, grace > .zero {
            let (seconds, attoseconds) = grace.components
            var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
            nanosleep(&time, nil)
        }
        // By any other number a launcher would say that all went well, or something else.
        abort(exitCode: (1...255).contains(code) ? code : 1)
    }
}
