import Survey

/// What the journal stores of each galaxy: its columns, and what they stand for.
extension BatchFindings {
    /// Columns of ``columns``.
    package static func columnCount(hasViews: Bool) -> Int { hasViews ? 6 : 4 }

    /// The numbers of each galaxy, for the journal; flags as the bits of a number, which nobody computes with.
    var columns: [[Float]] {
        let views = means.isEmpty ? [] : [means, scatters]
        return [predictions, redshifts, magnitudes] + views + [flags.map { Float(bitPattern: $0.rawValue) }]
    }

    /// What ``columns`` gave, of all or of some of the galaxies.
    package init(galaxies: Range<Int>, columns: [[Float]]) {
        self.galaxies = galaxies
        (predictions, redshifts, magnitudes) = (columns[0], columns[1], columns[2])
        if columns.count == Self.columnCount(hasViews: true) { (means, scatters) = (columns[3], columns[4]) }
        flags = columns[columns.count - 1].map { GalaxyFlags(rawValue: $0.bitPattern) }
    }
}
