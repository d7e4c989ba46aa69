/// What becomes of a run when a partition, or some of its rows, cannot be read.
package enum ErrorPolicy: String, Sendable, CaseIterable {
    /// The job ends.
    case stop
    /// The file or the rows are left out and told of in the end.
    case skip
}

/// How galaxies come to ranks.
package enum ScheduleKind: String, Sendable, CaseIterable {
    /// Each rank does its share.
    case `static`
    /// Ranks take chunks until none is left.
    case dynamic
}
