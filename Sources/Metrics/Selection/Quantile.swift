/// A quantile with a multiple of 1/4, and which of the sorted values it needs.
///
/// numpy's default ("linear", definition 7 of Hyndman and Fan 1996): the quantile q of n values lies at place q (n - 1)
/// of the sorted values, interpolated between the two neighbours.
struct Quantile {
    /// The place of the lower neighbour, and of the upper one: the same place where that is the last value.
    let lower: Int
    let upper: Int
    /// How far the quantile lies from the lower neighbour to the upper one: 0, 1/4, 1/2 or 3/4.
    let fraction: Double

    /// - Parameters:
    ///   - quarters: 1 for the first quartile, 2 for the median, 3 for the third quartile.
    ///   - count: the number of values, at least 1.
    init(quarters: Int, count: Int) {
        let place = (quarters * (count - 1)).quotientAndRemainder(dividingBy: 4)
        lower = place.quotient
        upper = min(lower + 1, count - 1)
        fraction = Double(place.remainder) / 4
    }

    /// The quantile, from the values at its two places.
    func interpolate(_ lowerValue: Double, _ upperValue: Double) -> Double {
        let difference = upperValue - lowerValue
        // Measured from the nearer neighbour, so that the result never lies outside the two; in the middle, their mean,
        // as everyone computes a median.
        return switch fraction {
        case ..<0.5: lowerValue + difference * fraction
        case 0.5: (lowerValue + upperValue) / 2
        default: upperValue - difference * (1 - fraction)
        }
    }
}

extension [Quantile] {
    /// The two places of each.
    var places: [Int] { flatMap { [$0.lower, $0.upper] } }

    /// The quantiles, from the values at their places.
    func interpolate(_ values: [Double]) -> [Double] {
        indices.map { self[$0].interpolate(values[2 * $0], values[2 * $0 + 1]) }
    }
}
