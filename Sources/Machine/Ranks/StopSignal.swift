import Glibc
import Synchronization

/// Whether the system has asked the job to stop: SIGTERM and SIGUSR1, which batch systems send before a time limit.
package enum StopSignal {
    /// The job stops because a signal came.
    package struct Stopped: Error {
        /// The signal's name.
        package let signal: String

        /// - Parameter signal: The signal's name.
        package init(signal: String) { self.signal = signal }
    }

    private static let number = Atomic<Int32>(0)
    /// The process that sent it; 0 for one that this system does not show.
    private static let sender = Atomic<Int32>(0)
    private static let isHeeded = Atomic(true)

    /// From now on these signals are noted instead of ending the process; the job looks between pieces of a batch
    /// and while it waits for other ranks.
    package static func listen() {
        // Made here: a handler may not make it.
        number.store(0, ordering: .releasing)
        sender.store(0, ordering: .releasing)
        for signal in [SIGTERM, SIGUSR1] {
            var action = sigaction()
            action.sa_flags = SA_SIGINFO | SA_RESTART
            action.__sigaction_handler.sa_sigaction = { number, info, _ in
                // The first one counts.
                guard StopSignal.number.load(ordering: .acquiring) == 0 else { return }
                StopSignal.sender.store(info?.pointee._sifields._kill.si_pid ?? 0, ordering: .releasing)
                StopSignal.number.store(number, ordering: .releasing)
            }
            sigaction(signal, &action, nil)
        }
    }

    /// The number of the signal, when it is one by which launchers end ranks, and came from a launcher: perhaps to stop
    /// the job, and perhaps since another rank has failed.
    package static var ofLauncher: Int32? {
        guard number.load(ordering: .acquiring) == SIGTERM else { return nil }
        let sender = sender.load(ordering: .acquiring)
        return sender == 0 || Host.isAncestor(sender) ? SIGTERM : nil
    }

    /// From now on the job goes on to its end.
    package static func ignore() { isHeeded.store(false, ordering: .releasing) }

    /// The signal that came, by its name; nil while none has.
    package static var received: String? {
        guard isHeeded.load(ordering: .acquiring) else { return nil }
        return switch number.load(ordering: .acquiring) {
        case 0: nil
        case SIGTERM: "SIGTERM"
        case SIGUSR1: "SIGUSR1"
        case let other: "signal \(other)"
        }
    }
}
