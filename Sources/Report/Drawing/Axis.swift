import Glibc

/// A linear axis with round numbers at its ticks.
struct Axis {
    let range: ClosedRange<Double>
    let ticks: [Double]
    let title: String
    private let decimals: Int

    /// An axis over at least these values, whichever is the larger; what has no extent is given some. What is no number
    /// counts as 0, and what is beyond any picture as 1e150: results may be wild, and are drawn all the same.
    init(_ title: String, from start: Double, to end: Double, tickCount: Int = 6, smallestStep: Double = 0) {
        self.title = title
        let (start, end) = (Self.drawable(start), Self.drawable(end))
        let (lower, upper) = (min(start, end), max(start, end))
        let size = max(abs(lower), abs(upper))
        // Ticks that differ by less than 1e-9 of their size would be one number.
        let wanted = max(
            max(upper > lower ? upper - lower : size, 1e-9, size * 1e-9) / Double(max(tickCount, 1)), smallestStep)
        let power = pow(10, floor(log10(wanted)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= wanted * 0.999 } ?? 10 * power
        let first = floor(lower / step + 1e-9)
        let last = max(ceil(upper / step - 1e-9), first + 1)
        range = first * step...last * step
        ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
        decimals = max(0, Int(-floor(log10(step) + 1e-9)))
    }

    /// An axis from 0 over all the values, those below 0 too.
    init(
        _ title: String, over values: [Double], atLeast least: Double = 0, tickCount: Int = 6, smallestStep: Double = 0
    ) {
        let known = values.filter(\.isFinite)
        self.init(
            title, from: min(known.min() ?? 0, 0), to: max(known.max() ?? 0, least), tickCount: tickCount,
            smallestStep: smallestStep)
    }

    /// An axis without ticks over these values, which differ.
    init(exactly range: ClosedRange<Double>) {
        (self.range, ticks, title, decimals) = (range, [], "", 0)
    }

    /// Where a value lies between the ends: 0 to 1.
    func place(_ value: Double) -> Double {
        (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    func label(_ tick: Double) -> String {
        let text = decimals == 0 && abs(tick) >= 10_000 ? grouped(tick) : decimal(tick, decimals)
        return text.hasPrefix("-") ? "−" + text.dropFirst() : text
    }

    private static func drawable(_ value: Double) -> Double { value.isFinite ? min(max(value, -1e150), 1e150) : 0 }
}

/// A number with so many decimals, or with an exponent where that would be a long row of digits; a dash for none.
func decimal(_ value: Double?, _ digits: Int) -> String {
    guard let value, value.isFinite else { return "–" }
    var text = [CChar](repeating: 0, count: 64)
    let format = abs(value) < 1e21 && digits <= 20 ? "%.\(max(digits, 0))f" : "%.6g"
    let length = withVaList([value]) { vsnprintf(&text, text.count, format, $0) }
    let number = String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return number.contains { ("1"..."9").contains($0) } || !number.hasPrefix("-") ? number : String(number.dropFirst())
}

/// A count with thin spaces, at which no line is broken, between its thousands.
func grouped(_ count: Int) -> String {
    var digits = String(count.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return (count < 0 ? "-" : "") + ([digits] + groups).joined(separator: "\u{202F}")
}

/// The same for a number that is whole or is rounded; one beyond all counts has an exponent.
func grouped(_ number: Double) -> String {
    abs(number) < 1e15 ? grouped(Int(number.rounded())) : decimal(number, 0)
}
