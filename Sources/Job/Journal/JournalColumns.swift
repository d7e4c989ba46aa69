import Survey

/// What the journal stores of each galaxy: its columns, and what they stand for.
extension BatchFindings {
    /// Columns of ``columns``.
    package static func columnCount(_ found: FoundColumns) -> Int {
        4 + (found.contains(.views) ? 1 : 0) + (found.contains(.distributions) ? 2 : 0)
    }

    /// The numbers of each galaxy, for the journal; flags and cells as the bits of a number, which nobody computes
    /// with.
    var columns: [[Float]] {
        let views = scatters.isEmpty ? [] : [scatters]
        let distributions = scales.isEmpty ? [] : [cells.map { Float(bitPattern: UInt32(bitPattern: $0)) }, scales]
        return [predictions, redshifts, magnitudes] + views + distributions
            + [flags.map { Float(bitPattern: $0.rawValue) }]
    }

    /// What ``columns`` gave, of all or of some of the galaxies.
    ///
    /// - Parameters:
    ///   - galaxies: Their places in the data set.
    ///   - columns: As many as ``columnCount(_:)`` says.
    ///   - found: What they are.
    package init(galaxies: Range<Int>, columns: [[Float]], _ found: FoundColumns) {
        self.galaxies = galaxies
        var rest = columns[...]
        predictions = rest.removeFirst()
        redshifts = rest.removeFirst()
        magnitudes = rest.removeFirst()
        if found.contains(.views) { scatters = rest.removeFirst() }
        if found.contains(.distributions) {
            cells = rest.removeFirst().map { Int32(bitPattern: $0.bitPattern) }
            scales = rest.removeFirst()
        }
        flags = rest.removeFirst().map { GalaxyFlags(rawValue: $0.bitPattern) }
    }

    /// What is known of each galaxy beside what every run finds.
    private var found: FoundColumns {
        FoundColumns(views: !scatters.isEmpty, distributions: !scales.isEmpty)
    }

    /// Those of some of the galaxies.
    func part(_ part: Range<Int>) -> BatchFindings {
        let places = part.lowerBound - galaxies.lowerBound..<part.upperBound - galaxies.lowerBound
        return BatchFindings(galaxies: part, columns: columns.map { Array($0[places]) }, found)
    }
}
