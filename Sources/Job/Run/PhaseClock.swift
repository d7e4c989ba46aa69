import PhotozMachine

/// The job's phases, one after another.
enum Phase: String, CaseIterable {
    case startup = "start-up"
    case load, inference, reduce, write

    /// Its place among the phases.
    var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The phase behind it.
    var next: Phase? { Self.allCases.dropFirst(place + 1).first }
}

/// Measures the job's phases.
struct PhaseClock {
    private(set) var times = JobResults.WallTime()
    private let start: ContinuousClock.Instant
    private var last: ContinuousClock.Instant

    /// The first phase began at `start`; MPI was up at `ready`.
    init(start: ContinuousClock.Instant, ready: ContinuousClock.Instant) {
        self.start = start
        times.mpi = (ready - start).seconds
        last = start
    }

    /// Ends a phase now and begins the next.
    mutating func end(_ phase: Phase) {
        let now = ContinuousClock.now
        let took = (now - last).seconds
        switch phase {
        case .startup: times.startup = took
        case .load: times.load = took
        case .inference: times.inference = took
        case .reduce: times.reduce = took
        case .write: times.write = took
        }
        times.total = (now - start).seconds
        last = now
    }
}
