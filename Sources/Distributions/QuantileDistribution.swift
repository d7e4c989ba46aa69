/// The redshift distribution of one galaxy: its cumulative distribution function F is 0 below the first of 29
/// locations, 1 from the last one on, and linear between them, where it passes through the levels of `QuantileLevels`.
///
/// The density is therefore constant on each of the 28 stretches between neighbouring locations. Where two locations
/// are the same, F jumps: no density describes that, and `density(at:)` and `cdeLoss` are infinite there.
package struct QuantileDistribution: Sendable {
    /// Redshifts, not decreasing.
    let locations: InlineArray<29, Double>

    /// - Parameter locations: 29 redshifts, finite and not decreasing; of anything else nothing is promised but that
    ///   all functions return.
    package init(_ locations: UnsafeBufferPointer<Float>) {
        precondition(locations.count == QuantileLevels.count, "a location for each level")
        self.locations = InlineArray { Double(locations[$0]) }
    }

    /// The expected redshift.
    package var mean: Double {
        // From the median, so that nothing is lost to rounding in narrow distributions.
        let origin = median
        return origin + sum { mass, a, b in mass * ((a - origin) + (b - origin)) / 2 }
    }

    /// The square root of the variance.
    package var standardDeviation: Double {
        let mean = mean
        return sum { mass, a, b in
            let (from, to) = (a - mean, b - mean)
            return mass * (from * from + from * to + to * to) / 3
        }.squareRoot()
    }

    /// The redshift that is exceeded with a probability of one half.
    package var median: Double { locations[QuantileLevels.median] }

    /// The middle of the shortest interval that holds a fifth of the probability, of those from 0.05 to 0.25, from 0.1
    /// to 0.3 ... from 0.75 to 0.95; of the lowest one, when several are as short.
    ///
    /// Single stretches are not taken: a twentieth of a few hundred galaxies is a handful, and chance would choose.
    package var mode: Double {
        var best = 5
        for first in 5...19 where locations[first + 4] - locations[first] < locations[best + 4] - locations[best] {
            best = first
        }
        return (locations[best] + locations[best + 4]) / 2
    }

    /// F(z), the probability of a redshift up to z.
    package func cumulative(at z: Double) -> Double {
        cumulative(at: z, onStretch: lastLocation(at: z))
    }

    /// The probability density at z; at a location, that of the stretch above it, and at the last one that below.
    package func density(at z: Double) -> Double {
        let stretch = z == locations[28] ? 27 : lastLocation(at: z)
        guard 0..<28 ~= stretch else { return 0 }
        return mass(of: stretch) / (locations[stretch + 1] - locations[stretch])
    }

    /// The redshift at which F reaches a level.
    ///
    /// - Parameter level: 0 to 1.
    package func quantile(_ level: Double) -> Double {
        precondition(0...1 ~= level, "a level is a probability")
        let levels = QuantileLevels.all
        var upper = 1
        while upper < 28, levels[upper] < level { upper += 1 }
        let share = (level - levels[upper - 1]) / (levels[upper] - levels[upper - 1])
        return locations[upper - 1] + (locations[upper] - locations[upper - 1]) * share
    }
}

extension QuantileDistribution {
    /// The probability of a stretch, 0 to 27.
    func mass(of stretch: Int) -> Double { QuantileLevels.all[stretch + 1] - QuantileLevels.all[stretch] }

    /// The place of the last location that is not above z; -1 below the first one.
    func lastLocation(at z: Double) -> Int {
        var (low, high) = (0, 29)
        while low < high {
            let middle = (low + high) / 2
            if locations[middle] <= z { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    /// F(z), when the last location that is not above z is known.
    func cumulative(at z: Double, onStretch stretch: Int) -> Double {
        guard stretch >= 0 else { return 0 }
        guard stretch < 28 else { return 1 }
        let (from, to) = (locations[stretch], locations[stretch + 1])
        return QuantileLevels.all[stretch] + mass(of: stretch) * ((z - from) / (to - from))
    }

    /// The sum over stretches of what is made of the mass, the lower and the upper location of each.
    @inline(__always)
    private func sum(_ term: (_ mass: Double, _ from: Double, _ to: Double) -> Double) -> Double {
        let levels = QuantileLevels.all
        var sum = 0.0
        for stretch in 0..<28 {
            sum += term(levels[stretch + 1] - levels[stretch], locations[stretch], locations[stretch + 1])
        }
        return sum
    }
}
