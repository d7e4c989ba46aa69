/// Measures the job's phases one after another.
struct PhaseClock {
    private(set) var times = Results.WallTime()
    private let start = ContinuousClock.now
    private var last = ContinuousClock.now

    /// Ends a phase now and begins the next.
    mutating func end(_ phase: WritableKeyPath<Results.WallTime, Double>) {
        let now = ContinuousClock.now
        times[keyPath: phase] = (now - last).seconds
        times.total = (now - start).seconds
        last = now
    }
}
