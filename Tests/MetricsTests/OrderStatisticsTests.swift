import PhotozMetrics
import Testing

@Suite struct OrderStatisticsTests {
    static func select(_ places: [Int], _ values: [Double]) -> [Double] {
        SimulatedRanks.run(1) { _, sum in select([places], [values], sum) }[0][0]
    }

    /// The values at the places of several groups.
    static func select(_ places: [[Int]], _ values: [[Double]], _ sum: SumOverRanks<Never>) -> [[Double]] {
        // Groups are told apart by how many values all ranks have of them.
        var selection = RadixSelection(groups: values.count, digits: [13, 13, 13, 13, 12]) { count in
            places.first { $0.max() == count - 1 } ?? []
        }
        var extra: [Int64] = [7]
        selection.run(with: &extra, sum) { body in
            for group in values.indices { for value in values[group] { body(value.orderedBits, group) } }
        }
        return values.indices.map { selection.keys(of: $0).map { Double(orderedBits: $0) } }
    }

    @Test func keysAreOrderedAsTheNumbers() {
        let sorted = [
            -Double.greatestFiniteMagnitude, -1, -.leastNormalMagnitude, -.leastNonzeroMagnitude, 0,
            .leastNonzeroMagnitude, 0.1, 1, 1.nextUp, .greatestFiniteMagnitude,
        ]
        #expect(Self.select(Array(sorted.indices), sorted.reversed()) == sorted)
        #expect(sorted.map { Double(orderedBits: $0.orderedBits) } == sorted)
        #expect(Double(orderedBits: (-0.0).orderedBits).bitPattern == 0)
        let floats = sorted.map { Float($0) }.filter(\.isFinite)
        #expect(floats.map(\.orderedBits) == floats.map(\.orderedBits).sorted())
        #expect(floats.map { Float(orderedBits: $0.orderedBits) } == floats)
    }

    static let orders: [String: @Sendable ([Double]) -> [Double]] = [
        "sorted": { $0.sorted() },
        "reversed": { $0.sorted(by: >) },
        "shuffled": { $0 },
        "all equal": { $0.map { _ in 0.1 } },
        "with ties": { $0.map { ($0 * 8).rounded() / 8 } },
        "neighbours": { $0.map { Double(bitPattern: (1.0).bitPattern + UInt64(abs($0) * 100)) } },
        "huge and small": { $0.enumerated().map { $1 * ($0 % 2 == 0 ? 1e300 : 1e-300) } },
    ]

    @Test(arguments: orders.keys.sorted()) func findsWhatSortingFinds(order: String) throws {
        var random = SplitMix(state: 6)
        let drawn = (0..<10_007).map { _ in Double.random(in: -1...1, using: &random) }
        let arrange = try #require(Self.orders[order])
        let values = arrange(drawn)
        let sorted = values.sorted()
        let places = [0, 10_006, 5003, 2501, 2502, 7504, 1, 5003]
        #expect(Self.select(places, values) == places.map { sorted[$0] })
    }

    @Test func findsThemOverRanksOfWhichSomeAreEmpty() {
        var random = SplitMix(state: 7)
        let values = (0..<1001).map { _ in Double.random(in: -1...1, using: &random) }
        let sorted = values.sorted()
        let found = SimulatedRanks.run(7) { rank, sum in
            let mine = rank % 2 == 0 ? values.indices.filter { $0 % 4 == rank / 2 }.map { values[$0] } : []
            return Self.select([[0, 500, 1000]], [mine], sum)[0]
        }
        #expect(found == Array(repeating: [sorted[0], sorted[500], sorted[1000]], count: 7))
    }

    /// Side by side: values that need every digit, one value only, equal values, none.
    @Test func groupsDoNotDisturbEachOther() {
        var random = SplitMix(state: 9)
        let near = (0..<1000).map { Double(bitPattern: (1.0).bitPattern + UInt64($0 * 3)) }.shuffled(using: &random)
        let values = [near, [0.3], Array(repeating: -0.7, count: 10), []]
        let places = [[999, 0, 500, 501], [0], [9, 4], []]
        let expected = zip(values.map { $0.sorted() }, places).map { sorted, places in places.map { sorted[$0] } }
        let found = SimulatedRanks.run(3) { rank, sum in
            let mine = values.map { group in group.indices.filter { $0 % 3 == rank }.map { group[$0] } }
            return Self.select(places, mine, sum)
        }
        #expect(found == Array(repeating: expected, count: 3))
    }

    /// One rank has nearly all that can be wanted in the last rounds, more than it keeps; the others keep what they
    /// have.
    @Test func oneRankHasNearlyAllCandidates() {
        var random = SplitMix(state: 10)
        let near = (0..<2000).map { Double(bitPattern: (0.5).bitPattern + UInt64($0 * 3)) }.shuffled(using: &random)
        let others = (0..<2).map { rank in
            (0..<30_000).map { index in
                index < 5 ? near[100 * rank + index].nextUp : Double.random(in: -8...9, using: &random)
            }
        }
        let all = ([near] + others).flatMap(\.self).sorted()
        let middle = all.firstIndex(of: 0.5).map { $0 + 1000 } ?? 0
        let places = [0, middle, middle + 1, all.count - 1]
        let found = SimulatedRanks.run(3) { rank, sum in
            Self.select([places], [rank == 1 ? near : others[rank / 2]], sum)[0]
        }
        #expect(found == Array(repeating: places.map { all[$0] }, count: 3))
    }
}
