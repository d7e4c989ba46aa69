/// Measures the job's phases one after another.
struct PhaseClock {
    private(set) var times = Results.WallTime()
    private let start: ContinuousClock.Instant
    private var last: ContinuousClock.Instant

    /// The first phase began at `start`; MPI was up at `ready`.
    init(start: ContinuousClock.Instant, ready: ContinuousClock.Instant) {
        self.start = start
        times.mpi = (ready - start).seconds
        last = start
    }

    /// Ends a phase now and begins the next.
    mutating func end(_ phase: WritableKeyPath<Results.WallTime, Double>) {
        let now = ContinuousClock.now
        times[keyPath: phase] = (now - last).seconds
        times.total = (now - start).seconds
        last = now
    }
}
