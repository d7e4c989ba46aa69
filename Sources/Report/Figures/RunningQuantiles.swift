/// Median and scatter of the residuals in bins of spectroscopic redshift, exact.
struct RunningQuantiles {
    struct Bin {
        /// The bin's middle.
        let redshift: Double
        let median: Double
        /// The quantiles that enclose the middle 68.27 % : one sigma each side of a normal distribution.
        let lower: Double
        let upper: Double
        /// Galaxies.
        let count: Int
    }

    /// Bins with fewer galaxies are left out: their quantiles would be noise.
    static let fewest = 10
    let bins: [Bin]

    init(_ redshifts: Redshifts, over range: ClosedRange<Double>, binCount: Int = 30) {
        let width = (range.upperBound - range.lowerBound) / Double(binCount)
        var residuals = [[Float]](repeating: [], count: binCount)
        for galaxy in 0..<redshifts.count {
            let place = ((Double(redshifts.spectroscopic[galaxy]) - range.lowerBound) / width).rounded(.down)
            guard place >= 0, place < Double(binCount) else { continue }
            residuals[Int(place)].append(redshifts.floatResidual(galaxy))
        }
        bins = residuals.indices.compactMap { index in
            guard residuals[index].count >= Self.fewest else { return nil }
            residuals[index].sort()
            let sorted = residuals[index]
            return Bin(
                redshift: range.lowerBound + (Double(index) + 0.5) * width, median: quantile(sorted, 0.5),
                lower: quantile(sorted, 0.158_655), upper: quantile(sorted, 0.841_345),
                count: sorted.count)
        }
    }
}

/// A quantile of sorted values, interpolated linearly; at least one value.
func quantile(_ sorted: [Float], _ fraction: Double) -> Double {
    let place = fraction * Double(sorted.count - 1)
    let index = Int(place)
    let next = min(index + 1, sorted.count - 1)
    return Double(sorted[index]) + (place - Double(index)) * (Double(sorted[next]) - Double(sorted[index]))
}

/// Some of many values, evenly spread over their order, sorted: enough to choose an axis by.
func sortedSample(_ count: Int, _ value: (Int) -> Float) -> [Float] {
    let step = max(1, count >> 17)
    return stride(from: 0, to: count, by: step).map(value).sorted()
}
