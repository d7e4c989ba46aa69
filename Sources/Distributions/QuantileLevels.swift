/// The levels that a galaxy's distribution is tabulated at: 29, dense in the tails, every twentieth between.
package enum QuantileLevels {
    /// How many there are.
    package static let count = 29

    /// In thousandths, which are whole numbers: ranks are found with these, so that no rounding moves one.
    package static let thousandths = [
        0, 1, 5, 10, 25, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900, 950,
        975, 990, 995, 999, 1000,
    ]

    /// Ascending, from 0 to 1.
    package static let all = thousandths.map { Double($0) / 1000 }

    /// The place of the median.
    static let median = 14

    /// The place of a level; nil when it is not one of them.
    package static func index(of level: Double) -> Int? { all.firstIndex(of: level) }
}
