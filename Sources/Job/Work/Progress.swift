import PhotozMachine

/// Tells on standard error how far rank 0 is, how fast, and how long it will take: a bar on a terminal, lines in a log.
struct Progress {
    private let total: Int
    /// Galaxies that earlier attempts have done.
    private let resumed: Int
    private let isShown: Bool
    private let start = ContinuousClock.now
    /// When the next line, or the bar, is due.
    private var next: Duration
    /// Whether there was anything to tell.
    private var hasBegun = false

    /// - Parameters:
    ///   - total: Galaxies of the whole job.
    ///   - resumed: Galaxies that earlier attempts have done.
    ///   - isShown: False on other ranks and for quiet runs.
    init(total: Int, resumed: Int, isShown: Bool) {
        (self.total, self.resumed, self.isShown) = (total, resumed, isShown)
        next = isShown && StandardError.isTerminal ? .zero : .seconds(2)
    }

    /// About this part of what was left to do at the start is done. Nothing is told at 0: no time left can be known.
    mutating func update(_ fraction: Double) {
        guard isShown, total > 0, fraction > 0 else { return }
        hasBegun = true
        let elapsed = ContinuousClock.now - start
        guard elapsed >= next else { return }
        let done = min(fraction, 1) * Double(total - resumed)
        let rate = rate(done, elapsed)
        // All of it is done when ``finish()`` says so.
        let percent = min(Int((done + Double(resumed)) / Double(total) * 100), 99)
        let left = duration(elapsed.seconds * (1 - min(fraction, 1)) / fraction)
        if StandardError.isTerminal {
            show(percent, "\(rate), \(left) left", isLast: false)
            // As often as an eye can follow: a terminal far away is slow.
            next = elapsed + .milliseconds(100)
        } else {
            StandardError.write(line: "photoz: about \(percent)% of \(total) galaxies, \(rate), \(left) left")
            // Lines come further apart the longer the job runs: a log of hours stays short.
            next = elapsed + max(.seconds(2), elapsed / 10)
        }
    }

    /// Rank 0 has nothing left to do: the bar is full, and stays.
    func finish() {
        guard hasBegun, StandardError.isTerminal else { return }
        let elapsed = ContinuousClock.now - start
        show(100, "\(rate(Double(total - resumed), elapsed)), in \(duration(elapsed.seconds))", isLast: true)
    }

    private func rate(_ done: Double, _ elapsed: Duration) -> String {
        "\(Int(done / max(elapsed.seconds, 1e-9))) galaxies/s"
    }

    /// Draws the bar; with the words it is no wider than 80 columns.
    private func show(_ percent: Int, _ words: String, isLast: Bool) {
        let filled = percent * 30 / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        StandardError.show(bar: "[\(bar)] \(percent)%  \(words) ", isLast: isLast)
    }
}
