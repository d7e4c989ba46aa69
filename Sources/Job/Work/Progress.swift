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

    /// - Parameters:
    ///   - total: Galaxies of the whole job.
    ///   - resumed: Galaxies that earlier attempts have done.
    ///   - isShown: False on other ranks and for quiet runs.
    init(total: Int, resumed: Int, isShown: Bool) {
        (self.total, self.resumed, self.isShown) = (total, resumed, isShown)
        next = isShown && StandardError.isTerminal ? .zero : .seconds(2)
    }

    /// Rank 0 has done `fraction` of what was left of its share; the others' shares are as large.
    mutating func update(_ fraction: Double) {
        guard isShown, total > 0 else { return }
        let elapsed = ContinuousClock.now - start
        let isLast = fraction >= 1
        guard elapsed >= next || isLast else { return }
        let done = fraction * Double(total - resumed)
        let rate = "\(Int(done / max(elapsed.seconds, 1e-9))) galaxies/s"
        let percent = Int((done + Double(resumed)) / Double(total) * 100)
        let left = duration(elapsed.seconds * (1 - fraction) / max(fraction, 1e-9))
        if StandardError.isTerminal {
            // With the words no wider than 80 columns.
            let filled = percent * 30 / 100
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
            let time = isLast ? "in \(duration(elapsed.seconds))" : "\(left) left"
            StandardError.show(bar: "[\(bar)] \(percent)%  \(rate), \(time) ", isLast: isLast)
            // As often as an eye can follow: a terminal far away is slow.
            next = elapsed + .milliseconds(100)
        } else if !isLast {
            StandardError.write(line: "photoz: about \(percent)% of \(total) galaxies, \(rate), \(left) left")
            // Lines come further apart the longer the job runs: a log of hours stays short.
            next = elapsed + max(.seconds(2), elapsed / 10)
        }
    }
}
