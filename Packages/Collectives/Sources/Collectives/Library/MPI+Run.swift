import Glibc

extension MPI {
    /// Runs a program: starts MPI, gives `body` all ranks, and finishes MPI.
    ///
    /// An error that is thrown on any rank, by `body` or by MPI, ends the whole job: with one line on standard error,
    /// which names the rank, and with an exit code. Errors thrown out of `main` itself would end in a crash of Swift's.
    ///
    /// - Parameters:
    ///   - exitCode: The job's exit code for an error, 1 to 255.
    ///   - body: The program. Every rank runs it.
    public static func run(
        exitCode: (any Error) -> Int32 = { _ in 1 }, _ body: (_ world: Communicator) throws -> Void
    ) {
        var place = ""
        do {
            let world = try start()
            if world.size > 1 { place = " on rank \(world.rank) of \(world.size) (\(processorName))" }
            try body(world)
            if Life.isRunning { try finish() }
        } catch {
            // One call: lines of several ranks do not mix.
            let line = Array("error\(place): \(error)\n".utf8)
            fflush(nil)
            write(2, line, line.count)
            abort(exitCode: exitCode(error))
        }
    }
}
