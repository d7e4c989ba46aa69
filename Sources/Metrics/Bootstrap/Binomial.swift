import PhotozElementary

/// Numbers of successes, drawn by a number that is evenly spread.
enum Binomial {
    /// How many of `trials` succeed, each with a chance of `successes` in `all`.
    ///
    /// Up to a variance of 16 by inversion. Above it is rounded from a normal number with the distribution's skewness
    /// (the first term of Cornish and Fisher), whose quantiles are the distribution's to a few hundredths of a success.
    ///
    /// - Parameter uniform: In (0, 1).
    static func draw(trials: Int64, successes: Int64, of all: Int64, _ uniform: Double) -> Int64 {
        guard trials > 0, successes > 0 else { return 0 }
        guard successes < all else { return trials }
        // The rarer of the two outcomes is counted.
        guard 2 * successes <= all else {
            return trials - draw(trials: trials, successes: all - successes, of: all, 1 - uniform)
        }
        let (count, chance) = (Double(trials), Double(successes) / Double(all))
        let variance = count * chance * (1 - chance)
        guard variance > 16 else { return inverted(trials, chance, uniform) }
        let z = normalQuantile(uniform)
        let value = count * chance + z * variance.squareRoot() + (1 - 2 * chance) * (z * z - 1) / 6
        return min(max(Int64(value.rounded()), 0), trials)
    }

    /// The smallest number whose cumulative probability reaches `uniform`.
    private static func inverted(_ trials: Int64, _ chance: Double, _ uniform: Double) -> Int64 {
        let odds = chance / (1 - chance)
        var probability = Elementary.exp(Double(trials) * Elementary.log(1 - chance))
        var (number, rest) = (Int64(0), uniform)
        // The mean is at most 32: what is beyond 200 has no chance.
        while rest > probability, number < min(trials, 200) {
            rest -= probability
            number += 1
            probability *= odds * Double(trials - number + 1) / Double(number)
        }
        return number
    }

    /// The number below which a normal number is with a probability: relative error 1e-7 (Wichura 1988, "Algorithm AS
    /// 241: The percentage points of the normal distribution", PPND7).
    static func normalQuantile(_ probability: Double) -> Double {
        let q = probability - 0.5
        if q.magnitude <= 0.425 {
            let r = 0.180625 - q * q
            let above = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
            return q * above / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1)
        }
        let r = (-Elementary.log(min(probability, 1 - probability))).squareRoot()
        let (above, below): (Double, Double)
        if r <= 5 {
            let s = r - 1.6
            above = ((0.17023821103 * s + 1.3067284816) * s + 2.7568153900) * s + 1.4234372777
            below = (0.12021132975 * s + 0.73700164250) * s + 1
        } else {
            let s = r - 5
            above = ((0.017337203997 * s + 0.42868294337) * s + 3.0812263860) * s + 6.6579051150
            below = (0.012258202635 * s + 0.24197894225) * s + 1
        }
        return q < 0 ? -above / below : above / below
    }
}
