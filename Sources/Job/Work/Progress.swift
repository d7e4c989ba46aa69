import Glibc
import PhotozMachine

/// Tells how far rank 0 is, on standard error: a bar on a terminal, plain lines otherwise.
struct Progress {
    private let total: Int
    /// Galaxies that earlier attempts have done.
    private let resumed: Int
    private let isShown: Bool
    private let isTerminal: Bool
    private let start = ContinuousClock.now
    private var nextLine: Duration = .seconds(2)

    /// - Parameters:
    ///   - total: Galaxies of the whole job.
    ///   - resumed: Galaxies that earlier attempts have done.
    ///   - isShown: False on other ranks and for quiet runs.
    ///   - isLaunched: Whether a launcher stands between this process and the terminal; it would tear a bar apart.
    init(total: Int, resumed: Int, isShown: Bool, isLaunched: Bool) {
        self.total = total
        self.resumed = resumed
        self.isShown = isShown
        isTerminal = isatty(2) == 1 && !isLaunched
    }

    /// Rank 0 has done `fraction` of what was left of its share; the others' shares are as large.
    mutating func update(_ fraction: Double) {
        guard isShown, total > 0 else { return }
        let elapsed = ContinuousClock.now - start
        let done = fraction * Double(total - resumed)
        let rate = Int(done / max(elapsed.seconds, 1e-9))
        let percent = Int((done + Double(resumed)) / Double(total) * 100)
        if isTerminal {
            let filled = percent * 40 / 100
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 40 - filled)
            say("\r[\(bar)] \(percent)%  \(rate) galaxies/s " + (fraction >= 1 ? "\n" : ""))
        } else if elapsed >= nextLine, fraction < 1 {
            say("photoz: about \(percent)% of \(total) galaxies, \(rate) galaxies/s\n")
            // Lines come further apart the longer the job runs: a log of hours stays short.
            nextLine = elapsed + max(.seconds(2), elapsed / 10)
        }
    }

    private func say(_ text: String) { writeToStandardError(text) }
}
