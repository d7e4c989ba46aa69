import PhotozMetrics
import Testing

@Suite struct OrderStatisticsTests {
    static func select(_ places: [Int], _ values: [Double]) -> [Double] {
        orderStatistics(at: places, of: values.map(OrderedBits.init)) { _ in }
    }

    @Test func keysAreOrderedAsTheNumbers() {
        let sorted = [
            -Double.greatestFiniteMagnitude, -1, -.leastNormalMagnitude, -.leastNonzeroMagnitude, 0,
            .leastNonzeroMagnitude, 0.1, 1, 1.nextUp, .greatestFiniteMagnitude,
        ]
        #expect(Self.select(Array(sorted.indices), sorted.reversed()) == sorted)
        #expect(sorted.map { OrderedBits($0).value } == sorted)
        #expect(OrderedBits(-0.0).value.bitPattern == 0)
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
            return orderStatistics(at: [0, 500, 1000], of: mine.map(OrderedBits.init), sumOverRanks: sum)
        }
        #expect(found == Array(repeating: [sorted[0], sorted[500], sorted[1000]], count: 7))
    }
}
