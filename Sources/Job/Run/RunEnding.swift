/// What rank 0 has to say at the end of a run.
package struct RunEnding: Sendable {
    /// A screen for people; nil for quiet runs and on other ranks.
    package var summary: String?
    /// What could not be read and was left out; nil when there is nothing of that kind. The run then ends with the exit
    /// code for bad data, although its results are whole.
    package var leftOut: String?

    /// Nothing to say.
    package init(summary: String? = nil, leftOut: String? = nil) {
        self.summary = summary
        self.leftOut = leftOut
    }
}
