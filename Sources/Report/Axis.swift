import Glibc

/// A linear axis with round numbers at its ticks.
struct Axis {
    let range: ClosedRange<Double>
    let ticks: [Double]
    let title: String
    private let decimals: Int

    /// An axis over at least these values; what has no extent is given some.
    init(_ title: String, covering values: ClosedRange<Double>, tickCount: Int = 6, smallestStep: Double = 0) {
        self.title = title
        let extent = values.upperBound - values.lowerBound
        let wanted = max(max(extent > 0 ? extent : abs(values.upperBound), 1e-9) / Double(tickCount), smallestStep)
        let power = pow(10, floor(log10(wanted)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= wanted * 0.999 } ?? 10 * power
        let first = floor(values.lowerBound / step + 1e-9)
        let last = max(ceil(values.upperBound / step - 1e-9), first + 1)
        range = first * step...last * step
        ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
        decimals = max(0, Int(-floor(log10(step) + 1e-9)))
    }

    /// Where a value lies between the ends: 0 to 1.
    func place(_ value: Double) -> Double {
        (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    func label(_ tick: Double) -> String { decimal(tick, decimals) }
}

/// A number with so many decimals; a dash for none.
func decimal(_ value: Double?, _ digits: Int) -> String {
    guard let value, value.isFinite else { return "–" }
    var text = [CChar](repeating: 0, count: 400)
    let length = withVaList([value]) { vsnprintf(&text, text.count, "%.\(digits)f", $0) }
    let number = String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return number.contains { ("1"..."9").contains($0) } || !number.hasPrefix("-") ? number : String(number.dropFirst())
}

/// A count with thin spaces between its thousands.
func grouped(_ count: Int) -> String {
    var digits = String(count)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: "\u{2009}")
}
