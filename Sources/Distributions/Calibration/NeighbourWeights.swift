/// How much labelled galaxies have to count, so that in magnitudes they are distributed as the galaxies are that they
/// stand for: spectroscopic samples are brighter than what they are used for.
///
/// By nearest neighbours (Lima et al. 2008, MNRAS 390, 118, equation 24): in the ball around a labelled galaxy that
/// reaches to its k-th neighbour among the labelled, the galaxies of the target are counted. Distances are Euclidean,
/// in magnitudes.
package struct NeighbourWeights: Sendable, Equatable {
    /// Of each labelled galaxy: the target's density over the labelled galaxies' around it, 1 on average over them.
    package let weights: [Double]
    /// (Σw)²/Σw² (Kish 1965): as many galaxies that count the same say as much.
    package let effectiveSampleSize: Double
    /// The share of the target that has no labelled galaxy near: that is not in the ball of the labelled galaxy nearest
    /// to it. Weights cannot stand for these.
    package let targetOutside: Double

    /// - Parameters:
    ///   - labelled: Magnitudes [galaxies, bands], finite; at least two galaxies.
    ///   - target: Magnitudes [galaxies, bands], finite; at least one galaxy.
    ///   - bands: The number of bands.
    ///   - neighbours: k; all other galaxies, when they are fewer.
    /// - Throws: `noOverlap` when no galaxy of the target is near a labelled one, `tooFew` when there are none.
    package init(labelled: [Float], target: [Float], bands: Int, neighbours: Int = 16) throws(CalibrationFault) {
        precondition(bands > 0 && labelled.count % bands == 0 && target.count % bands == 0, "a magnitude in each band")
        precondition(neighbours > 0, "no neighbours")
        guard labelled.count >= 2 * bands, !target.isEmpty else {
            throw CalibrationFault(
                kind: .tooFew,
                message: "weights need two labelled galaxies and one of the target, and there are "
                    + "\(labelled.count / bands) and \(target.count / bands)")
        }
        let tree = NeighbourTree(labelled, dimensions: bands)
        let radii = Self.radii(of: tree, labelled, bands: bands, neighbours: neighbours)
        let counts = Self.counts(of: NeighbourTree(target, dimensions: bands), around: tree, radii, labelled, bands)
        let total = counts.reduce(0, +)
        guard total > 0 else {
            throw CalibrationFault(
                kind: .noOverlap,
                message: "none of the \(target.count / bands) galaxies of the target is near a labelled one in "
                    + "magnitudes: check that both have the same bands, in the same system")
        }
        weights = counts.map { Double($0) * Double(counts.count) / Double(total) }
        let sum = weights.reduce(0, +)
        effectiveSampleSize = sum * sum / weights.reduce(0) { $0 + $1 * $1 }
        targetOutside = Self.shareOutside(target, tree, radii, bands)
    }

    /// The squared distance of each labelled galaxy's k-th neighbour, not counting itself.
    private static func radii(of tree: NeighbourTree, _ labelled: [Float], bands: Int, neighbours: Int) -> [Double] {
        var radii = [Double](repeating: 0, count: tree.count)
        // In the tree's order, neighbours are asked for one after another, and what they need is in the cache.
        for place in tree.places {
            radii[Int(place)] = withPoint(Int(place), labelled, bands) {
                tree.nearestDistances(neighbours + 1, to: $0).last ?? 0
            }
        }
        return radii
    }

    /// How many galaxies of the target are as near to each labelled one.
    private static func counts(
        of target: NeighbourTree, around tree: NeighbourTree, _ radii: [Double], _ labelled: [Float], _ bands: Int
    ) -> [Int] {
        var counts = [Int](repeating: 0, count: tree.count)
        for place in tree.places {
            counts[Int(place)] = withPoint(Int(place), labelled, bands) {
                target.count(within: radii[Int(place)], of: $0)
            }
        }
        return counts
    }

    private static func shareOutside(
        _ target: [Float], _ tree: NeighbourTree, _ radii: [Double], _ bands: Int
    ) -> Double {
        let count = target.count / bands
        let outside = (0..<count).count { galaxy in
            let nearest = withPoint(galaxy, target, bands) { tree.nearest(to: $0) }
            return nearest.distance > radii[nearest.place]
        }
        return Double(outside) / Double(count)
    }

    private static func withPoint<Result>(
        _ index: Int, _ points: [Float], _ bands: Int, _ body: (UnsafeBufferPointer<Float>) -> Result
    ) -> Result {
        points.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[index * bands..<(index + 1) * bands]))
        }
    }
}
