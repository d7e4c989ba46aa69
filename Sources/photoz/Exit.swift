import ArgumentParser
import Collectives
import Glibc
import PhotozExitCodes
import PhotozJob
import PhotozMachine

/// The ways out of the program: one message, from one rank, and the documented exit code.
enum Exit {
    /// Ends after a command line that asks for help or cannot be understood. Under a launcher every rank comes here,
    /// and rank 0 speaks for all.
    static func afterParsing(_ error: any Error) -> Never {
        let code = Photoz.exitCode(for: error)
        if let rank = Launcher.rank, rank != 0 {
            if code == .success { exit(code.rawValue) }
            // The launcher ends the other ranks as soon as one has failed: rank 0 must have spoken by then. Who is
            // still there was given another command line than rank 0.
            sleep(3)
            // MPICH's launcher leaves all there, and each would say the same.
            if Launcher.isHydra { exit(code.rawValue) }
        }
        let message = Photoz.fullMessage(for: error)
        if code == .success {
            show(HelpText.atTheEnd(message))
            exit(0)
        }
        say(CommandHints.explained(message, for: Array(CommandLine.arguments.dropFirst())), to: 2)
        exit(code.rawValue)
    }

    /// Refuses what the parser would take for something else: bytes that are no text, a command that there is not, and
    /// a file such as `-d/1.h5`, whose `h` asks for help.
    static func checkArguments() {
        let count = Int(CommandLine.argc)
        let isText = (1..<max(count, 1)).allSatisfy { place in
            CommandLine.unsafeArgv[place].map { String(validatingCString: $0) != nil } ?? true
        }
        let words = CommandLine.arguments.dropFirst().prefix { $0 != "--" }
        guard isText else {
            afterParsing(
                ValidationError(
                    "The command line has bytes that are not UTF-8: rename the file or folder that it names."))
        }
        if let unknown = CommandHints.unknownCommand(in: Array(words)) { afterParsing(ValidationError(unknown)) }
        let cluster = words.first { CommandHints.isFileLikeDash($0) && $0.contains("h") }
        guard let cluster, !words.contains("-h"), !words.contains("--help") else { return }
        afterParsing(ValidationError(CommandHints.dashHint(cluster, of: CommandHints.command(of: Array(words)))))
    }

    /// Prints a text on standard output, or ends the program with code 74: who reads it, a script perhaps, must not
    /// take half of it, or nothing, for all.
    static func show(_ text: String) {
        guard !say(text, to: 1) else { return }
        let reason = String(cString: strerror(errno))
        say(
            "photoz: error: standard output: cannot be written: \(reason); send it to where there is room and a reader (the files that this command wrote are whole)",
            to: 2)
        exit(ExitCode.inputOutput.rawValue)
    }

    /// Makes sure that no file is opened under the number of a standard stream that was closed: what is printed would
    /// land in it. Reading from and writing to such a stream fails, as it should. Writing to a reader that has gone, or
    /// past a limit on file sizes, then is a failure too, and no signal that kills the process.
    static func secureStreams() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Ends with a code that is an answer and no failure; nil for 0.
    static func answering(_ code: PhotozExitCodes.ExitCode?) -> Never { exit(code?.rawValue ?? 0) }

    /// Ends after a run whose results are whole, but lack what could not be read.
    static func leavingOut(_ message: String) -> Never {
        StandardError.write(line: "photoz: error: \(message)")
        exit(ExitCode.badData.rawValue)
    }

    /// Ends after a failure of a command that runs without MPI.
    static func withoutMPI(_ error: any Error, inspecting: Bool = false) -> Never {
        let failure = JobError(error, inspecting: inspecting, inspectOptions: CommandOptions.forInspect)
        say("photoz: error: \(failure)", to: 2)
        exit(failure.exitCode.rawValue)
    }

    /// Ends the whole job after a failure on this rank. When several ranks of a node fail at once, the first speaks;
    /// when several nodes do, as when each finds the same fault in the weights, the node of rank 0.
    ///
    /// - Parameters:
    ///   - failures: Who speaks on this node; nil when the failure came before that could be settled.
    ///   - isFirstNode: Whether rank 0 is on this node.
    static func job(_ error: any Error, world: Communicator, failures: FirstFailure?, isFirstNode: Bool) -> Never {
        let failure = JobError(error, inspectOptions: CommandOptions.forInspect)
        if let cause = failure.byLauncher, cause.isToldElsewhere || !isFirstNode {
            // Either a rank that has failed speaks, or one of rank 0's node, which then ends this one too: this code
            // must not stand in for the one of the failure.
            if cause.isToldElsewhere { _ = failures?.claim() } else { pause(milliseconds: 5000) }
            end(by: cause.signal)
        }
        // On a busy host the launcher takes seconds to end the other ranks when rank 0 has spoken.
        if LauncherWatch.endedLauncher == nil, !isFirstNode || failures == nil && world.rank > 0 {
            pause(milliseconds: 5000)
        }
        if failures?.claim() == false {
            if LauncherWatch.endedLauncher != nil { _exit(failure.exitCode.rawValue) }
            // The rank that speaks ends this one too; if it cannot, this rank still leaves with the code of its
            // failure.
            pause(milliseconds: 10_000)
            if let cause = failure.byLauncher { end(by: cause.signal) }
            MPI.abort(exitCode: failure.exitCode.rawValue)
        }
        let place = world.size > 1 ? " on rank \(world.rank) of \(world.size) (\(MPI.processorName))" : ""
        StandardError.write(line: "photoz: error\(place): \(failure)", isStopped: failure.byLauncher != nil)
        // Ranks of this host have noticed the same; those of others are told, if MPI still can.
        if LauncherWatch.endedLauncher != nil { alarm(5) }
        // This ends the other ranks: those that were stopped too have stored what they have found by then. The message
        // does not wait for it: some launchers kill a rank a quarter of a second after they have asked it to stop.
        if failure.exitCode == .stopped { pause(milliseconds: 300) }
        if world.size > 1 { MPI.abort(exitCode: failure.exitCode.rawValue) }
        try? MPI.finish()
        exit(failure.exitCode.rawValue)
    }

    /// Waits so long, also when signals come: the launcher's SIGTERM, which is heeded elsewhere, would cut a sleep
    /// short, and this rank would speak beside the one that has spoken.
    private static func pause(milliseconds: Int) {
        var left = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        var rest = timespec()
        while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
    }

    /// Ends this process by a signal, as if it had not been heeded.
    private static func end(by number: Int32) -> Never {
        signal(number, SIG_DFL)
        raise(number)
        _exit(128 + number)
    }

    /// Writes a line in one piece, so that it is not torn by what other ranks write.
    ///
    /// - Returns: Whether all of it could be written; if not, `errno` says why.
    @discardableResult
    static func say(_ text: String, to descriptor: Int32) -> Bool {
        tryToWriteAll(Array((text + "\n").utf8), to: descriptor)
    }
}
