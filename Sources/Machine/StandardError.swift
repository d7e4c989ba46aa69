import FoundationEssentials
import Glibc
import Synchronization

/// Standard error, for people at a terminal and for those who read a log later.
package enum StandardError {
    /// Whether what is written comes to a terminal, also through a launcher's pipe.
    package static let isTerminal = isatty(2) == 1 || LauncherTerminal.isBehindStandardError
    /// Whether a bar stands in the terminal's last line.
    private static let hasBar = Atomic(false)

    /// Writes a line. In a log it begins with the time (UTC); on a terminal it takes the place of a bar, which the next
    /// ``show(bar:isLast:)`` draws again.
    ///
    /// - Parameter isStopped: Whether the launcher has asked this rank to stop, and may pass on nothing any more.
    package static func write(line text: String, isStopped: Bool = false) {
        let line = isTerminal ? startOfLine + text : "\(timestamp(Date())) \(text)"
        if !isStopped || !LauncherStandardError.write(line: line) { writeToStandardError(line + "\n") }
    }

    /// Whether rank 0 has drawn a bar is not known to the others.
    private static var startOfLine: String {
        hasBar.exchange(false, ordering: .acquiringAndReleasing) || (Launcher.rank ?? 0) > 0 ? clearedLine : ""
    }

    /// Draws a bar in place of the one before; for a terminal.
    ///
    /// - Parameter isLast: Whether the bar is to stay.
    package static func show(bar text: String, isLast: Bool) {
        hasBar.store(!isLast, ordering: .releasing)
        writeToStandardError(clearedLine + text + (isLast ? "\n" : ""))
    }

    /// Goes to the beginning of the line, and clears it.
    private static let clearedLine = "\r\u{1b}[K"
}

/// In one piece. What cannot be shown is no failure of the job.
package func writeToStandardError(_ text: String) {
    tryToWriteAll(Array(text.utf8), to: 2)
}
