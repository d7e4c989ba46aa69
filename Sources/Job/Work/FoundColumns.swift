/// What a run finds out about each galaxy beside what every run does.
package struct FoundColumns: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// - Parameters:
    ///   - views: Whether redshifts are means over views.
    ///   - distributions: Whether there is a calibration.
    package init(views: Bool, distributions: Bool) {
        self = (views ? Self.views : []).union(distributions ? .distributions : [])
    }

    /// How far the redshifts of the galaxy's views lie apart.
    package static let views = FoundColumns(rawValue: 1 << 0)
    /// Where a calibration places the galaxy: its distribution.
    package static let distributions = FoundColumns(rawValue: 1 << 1)
}
