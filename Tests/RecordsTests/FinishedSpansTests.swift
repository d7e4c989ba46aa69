import PhotozRecords
import TestSupport
import Testing

/// Which galaxies are finished: what halving finds is what a look at each galaxy finds.
@Suite struct FinishedSpansTests {
    private static let total = 60

    private static func random(_ numbers: inout SeededNumbers) -> [JournalSpan] {
        (0..<Int.random(in: 0...12, using: &numbers)).map { place in
            let first = Int.random(in: 0..<total, using: &numbers)
            let end = min(total, first + Int.random(in: 1...9, using: &numbers))
            return JournalSpan(first..<end, file: place % 3, place: 100 * place)
        }
    }

    @Test func eachGalaxyIsFoundOnce() {
        var numbers = SeededNumbers(seed: 8)
        for _ in 0..<500 {
            let found = Self.random(&numbers)
            let finished = FinishedSpans(found)
            let galaxies = finished.spans.flatMap { Array($0.galaxies) }
            #expect(galaxies == Array(Set(found.flatMap { Array($0.galaxies) })).sorted())
            #expect(finished.count == galaxies.count)
            // Each part is of a span that was there.
            for span in finished.spans {
                #expect(
                    found.contains { $0.place == span.place && $0.galaxies.clamped(to: span.galaxies) == span.galaxies }
                )
            }
            let first = Int.random(in: 0...Self.total, using: &numbers)
            let range = first..<Int.random(in: first...Self.total, using: &numbers)
            #expect(finished.left(of: range).flatMap { Array($0) } == range.filter { !galaxies.contains($0) })
            #expect(finished.left(of: range).allSatisfy { !$0.isEmpty })
            #expect(Array(finished.overlapping(range)) == finished.spans.filter { $0.galaxies.overlaps(range) })
        }
    }

    @Test func partsOfASpan() {
        var numbers = SeededNumbers(seed: 9)
        for _ in 0..<500 {
            var (ranges, next) = ([Range<Int>](), 0)
            while next < Self.total {
                let first = next + Int.random(in: 0...5, using: &numbers)
                let end = first + Int.random(in: 1...9, using: &numbers)
                ranges.append(first..<end)
                next = end + 1
            }
            for span in Self.random(&numbers) {
                let parts = span.parts(in: ranges)
                let expected = ranges.map { $0.clamped(to: span.galaxies) }.filter { !$0.isEmpty }
                #expect(parts.map(\.galaxies) == expected)
                #expect(parts.allSatisfy { $0.file == span.file && $0.place == span.place })
            }
        }
    }

    /// The work for one share does not grow with the spans of the others.
    @Test func aMillionSpans() {
        let spans = (0..<1_000_000).map { JournalSpan(10 * $0..<10 * $0 + 7, file: 0, place: $0) }
        let finished = FinishedSpans(sorted: spans)
        let start = ContinuousClock.now
        for place in stride(from: 0, to: 9_000_000, by: 90) { #expect(finished.left(of: place..<place + 1).count <= 1) }
        // A hundred thousand looks; a walk over all spans for each would take minutes.
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(finished.left(of: 0..<30) == [7..<10, 17..<20, 27..<30])
    }
}
