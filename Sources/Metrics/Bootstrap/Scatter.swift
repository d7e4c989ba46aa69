/// The standard deviation of numbers, as they come (Welford 1962).
package struct Scatter: Sendable {
    private var count = 0.0
    private var mean = 0.0
    private var squares = 0.0

    /// Of no numbers.
    package init() {}

    /// Takes one more number.
    package mutating func add(_ value: Double) {
        count += 1
        let difference = value - mean
        mean += difference / count
        squares += difference * (value - mean)
    }

    /// With one less than the count below, as is usual for a sample; NaN with fewer than two numbers.
    package var standardDeviation: Double { count > 1 ? (squares / (count - 1)).squareRoot() : .nan }
}
