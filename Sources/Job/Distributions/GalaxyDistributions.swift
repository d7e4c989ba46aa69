import PhotozDistributions

/// The distributions of galaxies that a rank knows of. Eight bytes are kept of each; its quantiles are made anew
/// whenever somebody wants them, a galaxy at a time.
struct GalaxyDistributions {
    let calibration: Calibration

    /// Calls `body` with the locations of each galaxy's quantiles, one for each of ``QuantileLevels``, and the galaxy's
    /// place among those asked for; without locations for a galaxy that has no redshift.
    func forEach(
        _ places: Range<Int>, of found: RankFindings, _ body: (Int, UnsafeBufferPointer<Float>?) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: QuantileLevels.count) { locations in
            locations.initialize(repeating: .nan)
            for place in places {
                let (redshift, cell) = (found.predictions[place], found.cells[place])
                guard redshift.isFinite, cell >= 0 else {
                    body(place - places.lowerBound, nil)
                    continue
                }
                calibration.write(redshift: redshift, cell: cell, scale: found.scales[place], into: locations)
                body(place - places.lowerBound, UnsafeBufferPointer(locations))
            }
        }
    }

    /// Some numbers of each galaxy's distribution, a column for each; NaN for a galaxy that has no redshift.
    func columns(
        _ places: Range<Int>, of found: RankFindings, _ numbers: [(QuantileDistribution) -> Double]
    ) -> [[Float]] {
        var columns = [[Float]](repeating: .init(repeating: .nan, count: places.count), count: numbers.count)
        forEach(places, of: found) { galaxy, locations in
            guard let distribution = locations.map(QuantileDistribution.init) else { return }
            for column in columns.indices { columns[column][galaxy] = Float(numbers[column](distribution)) }
        }
        return columns
    }
}
