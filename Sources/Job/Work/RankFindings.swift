import Survey

/// What a rank has found out about its galaxies, in the order in which it came to them.
package struct RankFindings {
    /// Neighbouring galaxies, and where they begin in the columns.
    struct Span {
        private(set) var galaxies: Range<Int>
        let place: Int

        init(_ galaxies: Range<Int>, place: Int) {
            self.galaxies = galaxies
            self.place = place
        }

        /// Takes the neighbours behind it; false when they are none.
        mutating func extend(by more: Range<Int>) -> Bool {
            guard more.lowerBound == galaxies.upperBound else { return false }
            galaxies = galaxies.lowerBound..<more.upperBound
            return true
        }
    }

    private(set) var spans: [Span] = []
    /// The columns of ``BatchFindings`` of all spans.
    private(set) var predictions: [Float] = []
    private(set) var redshifts: [Float] = []
    private(set) var magnitudes: [Float] = []
    private(set) var scatters: [Float] = []
    private(set) var cells: [Int32] = []
    private(set) var scales: [Float] = []
    /// Of the same galaxies in the same order, where the data set has any.
    package var identifiers: GalaxyIdentifiers
    private(set) var flags: [GalaxyFlags] = []
    /// Rows that could not be read and were left out.
    private(set) var skipped: [SkippedRows] = []
    var report = RankReport()

    /// Room for so many galaxies, so that the columns are not copied while they grow.
    package init(capacity: Int, _ columns: FoundColumns, identifiers: PartitionFile.Identifiers) {
        self.identifiers = GalaxyIdentifiers(identifiers)
        predictions.reserveCapacity(capacity)
        redshifts.reserveCapacity(capacity)
        magnitudes.reserveCapacity(capacity)
        flags.reserveCapacity(capacity)
        if columns.contains(.views) { scatters.reserveCapacity(capacity) }
        guard columns.contains(.distributions) else { return }
        cells.reserveCapacity(capacity)
        scales.reserveCapacity(capacity)
    }

    /// Adds what is known of more galaxies.
    package mutating func append(_ findings: BatchFindings) {
        let place = predictions.count
        if spans.isEmpty || !spans[spans.count - 1].extend(by: findings.galaxies) {
            spans.append(Span(findings.galaxies, place: place))
        }
        predictions += findings.predictions
        redshifts += findings.redshifts
        magnitudes += findings.magnitudes
        scatters += findings.scatters
        cells += findings.cells
        scales += findings.scales
        flags += findings.flags
        report.samples = predictions.count
    }

    /// Notes that rows among the galaxies added last were left out.
    mutating func skip(_ rows: SkippedRows, galaxies: Range<Int>) {
        note(rows)
    }

    /// Notes that something of these rows could not be read.
    mutating func note(_ rows: SkippedRows) {
        if skipped.isEmpty || !skipped[skipped.count - 1].extend(by: rows) { skipped.append(rows) }
        report.skipped += rows.rows ?? 0
    }

    /// The galaxies in order, cut at the multiples of a number, and where each piece begins in the columns.
    func pieces(every size: Int) -> [Span] {
        spans.sorted { $0.galaxies.lowerBound < $1.galaxies.lowerBound }.flatMap { span in
            var (pieces, rest) = ([Span](), span.galaxies)
            while let first = rest.first {
                let piece = rest.prefix((first / size + 1) * size - first)
                pieces.append(Span(piece, place: span.place + first - span.galaxies.lowerBound))
                rest = rest.dropFirst(piece.count)
            }
            return pieces
        }
    }

    /// The galaxy at a place in the columns.
    func galaxy(at place: Int) -> Int? {
        spans.last { $0.place <= place }.map { $0.galaxies.lowerBound + place - $0.place }
    }
}
