import PhotozElementary

/// How probable distances from the uniform distribution are where the numbers are spread evenly.
extension PITStatistics {
    /// The probability that D of so many evenly spread numbers is at least `distance`: Kolmogorov's limiting law at
    /// x + 1/(6√N) + (x - 1)/(4N) with x = √N D, a correction by Vrbik (2018, "Small-sample corrections to
    /// Kolmogorov-Smirnov test statistic"). Against the exact law it is wrong by less than 0.003 from N = 10 on and by
    /// less than 0.0002 from N = 100 on.
    static func kolmogorovProbability(_ distance: Double, count: Int) -> Double {
        let (total, root) = (Double(count), Double(count).squareRoot())
        let x = root * distance
        let corrected = x + 1 / (6 * root) + (x - 1) / (4 * total)
        guard corrected > 0 else { return 1 }
        guard corrected < 18 else { return 0 }
        return min(max(corrected < 1 ? 1 - lowerSeries(corrected) : upperSeries(corrected), 0), 1)
    }

    /// Kolmogorov's law, √(2π)/x Σ exp(-(2k - 1)² π²/8x²): few terms for small x.
    private static func lowerSeries(_ x: Double) -> Double {
        let unit = Double.pi * Double.pi / (8 * x * x)
        let terms = stride(from: 1.0, through: 9, by: 2).reduce(0.0) { sum, odd in
            odd * odd * unit < 700 ? sum + Elementary.exp(-odd * odd * unit) : sum
        }
        return (2 * Double.pi).squareRoot() / x * terms
    }

    /// What is left of it, 2 Σ (-1)^(k-1) exp(-2k²x²): few terms for large x.
    private static func upperSeries(_ x: Double) -> Double {
        let terms = stride(from: 1.0, through: 5, by: 1).reduce(0.0) { sum, k in
            let exponent = 2 * k * k * x * x
            guard exponent < 700 else { return sum }
            return sum + (k.truncatingRemainder(dividingBy: 2) == 1 ? 1 : -1) * Elementary.exp(-exponent)
        }
        return 2 * terms
    }

    /// The probability that W² of so many evenly spread numbers is at least `distance`: the limiting law with its
    /// first correction in 1/N (Csörgő and Faraway 1996, "The exact and asymptotic distributions of Cramér-von
    /// Mises statistics", equations 1.2, 1.8 and 1.10), as `scipy.stats.cramervonmises` has it.
    static func cramerVonMisesProbability(_ distance: Double, count: Int) -> Double {
        let total = Double(count)
        guard distance > 1 / (12 * total) else { return 1 }
        // Beyond 7 it is less than 1e-15, and less than what rounding leaves of 1.
        guard distance < min(total / 3, 7) else { return 0 }
        let law = CramerVonMises(distance)
        let below = law.limit * (1 + 1 / (12 * total)) + law.correction / total
        return min(max(1 - below, 0), 1)
    }
}

/// The law of W² at one place.
private struct CramerVonMises {
    private let x: Double
    private let root: Double
    private let fourthRoot: Double
    /// Terms of each series: the next is far below 1e-10 up to x = 7.
    private static let terms = 24

    init(_ x: Double) {
        (self.x, root) = (x, x.squareRoot())
        fourthRoot = root.squareRoot()
    }

    /// The distribution function for any number of numbers.
    var limit: Double {
        var (sum, ratio) = (0.0, Double.pi.squareRoot())
        for k in 0..<Self.terms {
            let y = Double(4 * k + 1)
            // Γ(k + 1/2)/k!, term by term.
            if k > 0 { ratio *= (Double(k) - 0.5) / Double(k) }
            let part = ratio * y.squareRoot() * ScaledBessel.k(0.25, y * y / (16 * x))
            sum += part
            if part < 1e-13 * sum || part == 0 { break }
        }
        return sum / (Double.pi * Double.pi.squareRoot() * root)
    }

    /// What one over the number of numbers multiplies, but for a twelfth of the limit.
    var correction: Double {
        var (sum, ratio) = (0.0, Double.pi.squareRoot())
        for k in 0..<Self.terms {
            if k > 0 { ratio *= (Double(k) - 0.5) / Double(k) }
            let part = ratio * term(k)
            sum -= part / Double.pi
            if part.magnitude < 1e-13 { break }
        }
        return sum
    }

    /// One term of the correction, divided by Γ(k + 1/2).
    private func term(_ k: Int) -> Double {
        let (first, odd) = (Double(4 * k + 1) / (2 * root), Double(2 * k + 1))
        let (second, third) = (Double(4 * k + 3) / (2 * root), Double(4 * k + 5) / (2 * root))
        let (y1, y2) = (root * fourthRoot, x * fourthRoot)
        return odd * Self.e2(second) / (9 * y1) + Self.e3(first) / (72 * y2)
            + 2 * (odd + 2) * (Double(k) + 0.5) * Self.e3(third) / (12 * y2)
            + 7 * odd * (Self.e2(first) + Self.e2(third)) / (144 * y1)
    }

    private static func e2(_ y: Double) -> Double {
        let z = y * y / 4
        let half = (y / 2).squareRoot()
        return half * half * half * (ScaledBessel.k(0.25, z) + ScaledBessel.k(0.75, z)) / Double.pi.squareRoot()
    }

    private static func e3(_ y: Double) -> Double {
        let z = y * y / 4
        let half = (y / 2).squareRoot()
        let sum = 2 * ScaledBessel.k(0.25, z) + 3 * ScaledBessel.k(0.75, z) - ScaledBessel.k(1.25, z)
        return half * half * half * half * half * sum / Double.pi.squareRoot()
    }
}

/// exp(-z) times the modified Bessel function of the second kind.
private enum ScaledBessel {
    /// ∫ exp(-z (1 + cosh t)) cosh(νt) dt over t > 0 by the trapezoidal rule, which is exact to rounding for such an
    /// integrand with this step.
    static func k(_ order: Double, _ z: Double) -> Double {
        let step = 0.125
        // The series has come to its end long before.
        guard 2 * z < 700 else { return 0 }
        var sum = Elementary.exp(-2 * z) / 2
        for block in 0..<32 {
            let first = Double(8 * block + 1)
            let t = step * (Lanes(0, 1, 2, 3, 4, 5, 6, 7) + first)
            let growth = Elementary.exp(t)
            let exponent = -z * (1 + (growth + 1 / growth) / 2)
            let power = Elementary.exp(order * t)
            let values = Elementary.exp(exponent.clamped(lowerBound: Lanes(repeating: -690), upperBound: Lanes()))
            let part = (values * (power + 1 / power) / 2).sum()
            sum += part
            if part < 1e-17 * sum { break }
        }
        return sum * step
    }
}
