import ArgumentParser
import Collectives
import Glibc
import Job

/// The ways out of the program: one message, from one rank, and the documented exit code.
enum Exit {
    /// Ends after a command line that asks for help or cannot be understood. Under a launcher every rank comes here, and
    /// rank 0 speaks for all.
    static func afterParsing(_ error: any Error) -> Never {
        let code = Photoz.exitCode(for: error)
        if let rank = Launcher.rank, rank != 0 {
            if code == .success { exit(code.rawValue) }
            // The launcher ends the other ranks as soon as one has failed: rank 0 must have spoken by then. Who is still
            // there was given another command line than rank 0.
            sleep(3)
        }
        say(Photoz.fullMessage(for: error), to: code == .success ? 1 : 2)
        exit(code.rawValue)
    }

    /// Ends after a failure of a command that runs without MPI.
    static func withoutMPI(_ error: any Error, inspecting: Bool = false) -> Never {
        let failure = JobError(error, inspecting: inspecting)
        say("photoz: error: \(failure)", to: 2)
        exit(failure.code.rawValue)
    }

    /// Ends the whole job after a failure on this rank. When several ranks of a node fail at once, the first speaks; when
    /// several nodes do, as when each finds the same fault in the weights, the node of rank 0.
    ///
    /// - Parameters:
    ///   - failures: Who speaks on this node; nil when the failure came before that could be settled.
    ///   - isFirstNode: Whether rank 0 is on this node.
    static func job(_ error: any Error, world: Communicator, failures: FirstFailure?, isFirstNode: Bool) -> Never {
        let failure = JobError(error)
        if let cause = failure.byLauncher, cause.isToldElsewhere || !isFirstNode {
            // Either a rank that has failed speaks, or one of rank 0's node, which then ends this one too: this code must not
            // stand in for the one of the failure.
            if cause.isToldElsewhere { _ = failures?.claim() } else { sleep(5) }
            end(by: cause.signal)
        }
        if !isFirstNode || failures == nil && world.rank > 0 { sleep(2) }
        if failures?.claim() == false {
            // The rank that speaks ends this one too; if it cannot, this rank still leaves with the code of its failure.
            sleep(10)
            if let cause = failure.byLauncher { end(by: cause.signal) }
            MPI.abort(exitCode: failure.code.rawValue)
        }
        let place = world.size > 1 ? " on rank \(world.rank) of \(world.size) (\(MPI.processorName))" : ""
        say("photoz: error\(place): \(failure)", to: 2)
        if world.size > 1 { MPI.abort(exitCode: failure.code.rawValue) }
        try? MPI.finish()
        exit(failure.code.rawValue)
    }

    /// Ends this process by a signal, as if it had not been heeded.
    private static func end(by number: Int32) -> Never {
        signal(number, SIG_DFL)
        raise(number)
        _exit(128 + number)
    }

    /// Writes a line in one piece, so that it is not torn by what other ranks write.
    static func say(_ text: String, to descriptor: Int32) {
        let bytes = Array((text + "\n").utf8)
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
