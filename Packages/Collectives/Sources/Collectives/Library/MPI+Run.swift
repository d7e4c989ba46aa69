import Glibc

extension MPI {
    /// Runs a program: starts MPI, gives `body` all ranks, and finishes MPI.
    ///
    /// An error that is thrown on any rank, by `body` or by MPI, ends the whole job: with one line on standard error,
    /// which names the rank, and with an exit code. Errors thrown out of `main` itself would end in a crash of Swift's.
    ///
    /// - Parameters:
    ///   - exitCode: The job's exit code for an error, 1 to 255; another number counts as 1.
    ///   - body: The program. Every rank runs it.
    public static func run(
        exitCode: (any Error) -> Int32 = { _ in 1 }, _ body: (_ world: Communicator) throws -> Void
    ) {
        var place = ""
        do {
            let world = try start()
            place = self.place(of: world)
            try body(world)
            if Life.isRunning { try finish() }
        } catch { end(error, place, exitCode(error)) }
    }

    /// The same for a program that awaits, such as ``Pending/value``. It runs where the caller does.
    ///
    /// - Parameters:
    ///   - isolation: The caller's actor.
    ///   - exitCode: The job's exit code for an error, 1 to 255; another number counts as 1.
    ///   - body: The program. Every rank runs it.
    public static func runAsync(
        isolation: isolated (any Actor)? = #isolation, exitCode: (any Error) -> Int32 = { _ in 1 },
        _ body: (_ world: Communicator) async throws -> Void
    ) async {
        var place = ""
        do {
            let world = try start()
            place = self.place(of: world)
            try await body(world)
            if Life.isRunning { try finish() }
        } catch { end(error, place, exitCode(error)) }
    }

    private static func place(of world: Communicator) -> String {
        world.size > 1 ? " on rank \(world.rank) of \(world.size) (\(processorName))" : ""
    }

    private static func end(_ error: any Error, _ place: String, _ code: Int32) -> Never {
        // One call: lines of several ranks do not mix.
        let line = Array("error\(place): \(error)\n".utf8)
        fflush(nil)
        write(2, line, line.count)
        // By any other number a launcher would say that all went well, or something else.
        abort(exitCode: (1...255).contains(code) ? code : 1)
    }
}
