/// Neighbouring galaxies in one record of a journal, or some of those that are in it.
package struct JournalSpan: BitwiseCopyable, Equatable, Sendable {
    /// The first galaxy.
    package var first: Int
    /// Behind the last.
    package var end: Int
    /// Which journal.
    package let file: Int
    /// Where the record begins.
    package let place: Int

    /// - Parameters: As the properties.
    package init(_ galaxies: Range<Int>, file: Int, place: Int) {
        (first, end) = (galaxies.lowerBound, galaxies.upperBound)
        (self.file, self.place) = (file, place)
    }

    /// The galaxies' places in the data set.
    package var galaxies: Range<Int> { first..<end }
}

/// Which galaxies are finished, and where their findings stand: sorted, so that what concerns some galaxies is found
/// without a look at all others.
package struct FinishedSpans: Sendable {
    /// In the order of galaxies; no two have a galaxy in common.
    package let spans: [JournalSpan]
    /// Galaxies in all.
    package let count: Int

    /// Takes spans in any order. Two attempts may have finished the same galaxies, when the second could not read the
    /// first's journal: the findings are the same.
    ///
    /// - Parameter found: The spans.
    package init(_ found: [JournalSpan]) {
        var end = 0
        self.init(
            sorted: found.sorted { ($0.first, $0.file, $0.place) < ($1.first, $1.file, $1.place) }.compactMap { span in
                var rest = span
                rest.first = max(span.first, end)
                end = max(end, span.end)
                return rest.first < rest.end ? rest : nil
            })
    }

    /// Takes the ``spans`` of another.
    package init(sorted spans: [JournalSpan]) {
        self.spans = spans
        count = spans.reduce(0) { $0 + $1.end - $1.first }
    }

    /// The spans that have galaxies in a range.
    package func overlapping(_ range: Range<Int>) -> ArraySlice<JournalSpan> {
        guard !range.isEmpty else { return [] }
        let first = spans.firstPlace { $0.end > range.lowerBound }
        let last = spans[first...].firstPlace { $0.first >= range.upperBound }
        return spans[first..<last]
    }

    /// The galaxies of a range that are not finished, in order.
    package func left(of range: Range<Int>) -> [Range<Int>] {
        var (left, next) = ([Range<Int>](), range.lowerBound)
        for span in overlapping(range) {
            if next < span.first { left.append(next..<span.first) }
            next = min(span.end, range.upperBound)
        }
        if next < range.upperBound { left.append(next..<range.upperBound) }
        return left
    }
}

extension JournalSpan {
    /// What of the span lies in these ranges.
    ///
    /// - Parameter ranges: In order, and apart.
    package func parts(in ranges: [Range<Int>]) -> [JournalSpan] {
        ranges[ranges.firstPlace { $0.upperBound > first }...].prefix { $0.lowerBound < end }.map {
            JournalSpan($0.clamped(to: galaxies), file: file, place: place)
        }
    }
}

extension RandomAccessCollection where Index == Int {
    /// The place of the first element for which something is true, by halving; the end when it is true for none.
    ///
    /// - Parameter isTrue: What is true from some element on.
    package func firstPlace(where isTrue: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if isTrue(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
