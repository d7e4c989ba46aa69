import Glibc
import Synchronization

/// Whether the job is to stop: the system has asked for it by SIGTERM, SIGINT (ctrl-C) or SIGUSR1, which batch systems
/// send before a time limit, or the launcher has ended.
package enum StopSignal {
    /// The job stops because a signal came.
    package struct Stopped: Error {
        /// The signal's name, or what else it was.
        package let cause: String

        /// - Parameter cause: The signal's name, or what else it was.
        package init(by cause: String) { self.cause = cause }
    }

    private static let number = Atomic<Int32>(0)
    /// The process that sent it; 0 for one that this system does not show.
    private static let sender = Atomic<Int32>(0)
    /// When it came, in seconds of the system's clock.
    private static let time = Atomic(0)
    private static let isHeeded = Atomic(true)

    /// From now on these signals are noted instead of ending the process; the job looks between pieces of a batch
    /// and while it waits for other ranks.
    package static func listen() {
        // Made here: a handler may not make it.
        number.store(0, ordering: .releasing)
        sender.store(0, ordering: .releasing)
        time.store(0, ordering: .releasing)
        for signal in [SIGTERM, SIGINT, SIGUSR1] where signal != SIGINT || isHeard(SIGINT) {
            var action = sigaction()
            action.sa_flags = SA_SIGINFO | SA_RESTART
            action.__sigaction_handler.sa_sigaction = { number, info, _ in
                var now = timespec()
                clock_gettime(CLOCK_MONOTONIC, &now)
                // The first one counts. Who presses ctrl-C again, and is not the launcher that passes it on, means it.
                guard StopSignal.number.load(ordering: .acquiring) == 0 else {
                    let isAgain = number == SIGINT && StopSignal.number.load(ordering: .acquiring) == SIGINT
                    if isAgain, now.tv_sec - StopSignal.time.load(ordering: .acquiring) > 1 { _exit(130) }
                    return
                }
                StopSignal.time.store(now.tv_sec, ordering: .releasing)
                StopSignal.sender.store(info?.pointee._sifields._kill.si_pid ?? 0, ordering: .releasing)
                StopSignal.number.store(number, ordering: .releasing)
            }
            sigaction(signal, &action, nil)
        }
    }

    /// From now on SIGINT ends this process as SIGTERM does: MPICH's launcher takes a rank that SIGINT has ended for
    /// one that has succeeded.
    package static func interruptAsTerminate() {
        guard isHeard(SIGINT) else { return }
        signal(SIGINT) { _ in
            signal(SIGTERM, SIG_DFL)
            raise(SIGTERM)
        }
    }

    /// Whether a signal is not ignored: a shell starts commands in the background so that ctrl-C leaves them alone.
    private static func isHeard(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0 else { return true }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            != unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// The number of the signal that a rank should end by, when one came by which launchers end ranks, and from a
    /// launcher: perhaps to stop the job, and perhaps since another rank has failed. SIGTERM for SIGINT too, which
    /// MPICH's launcher takes for a success.
    package static var ofLauncher: Int32? {
        guard [SIGTERM, SIGINT].contains(number.load(ordering: .acquiring)) else { return nil }
        let sender = sender.load(ordering: .acquiring)
        return sender == 0 || Host.isAncestor(sender) ? SIGTERM : nil
    }

    /// That the launcher has ended, in the words of ``received``; nil while it lives.
    package static var endOfLauncher: String? {
        LauncherWatch.endedLauncher.map { "the end of \($0), its launcher" }
    }

    /// From now on the job goes on to its end, whatever signal comes.
    package static func ignore() { isHeeded.store(false, ordering: .releasing) }

    /// What asks the job to stop, such as the signal's name; nil while nothing does.
    package static var received: String? {
        // Nobody could end this rank if it waited for one that has noticed.
        guard isHeeded.load(ordering: .acquiring) else { return endOfLauncher }
        return switch number.load(ordering: .acquiring) {
        case 0: endOfLauncher
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGUSR1: "SIGUSR1"
        case let other: "signal \(other)"
        }
    }
}
