import PhotozDistributions
import TestSupport
import Testing

/// Weights towards a target, against looking at all pairs.
@Suite struct NeighbourWeightsTests {
    private func squaredDistance(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
        zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    }

    private func plain(
        _ labelled: [Float], _ target: [Float], _ bands: Int, _ neighbours: Int
    ) -> (weights: [Double], outside: Double) {
        let own = stride(from: 0, to: labelled.count, by: bands).map { labelled[$0..<$0 + bands] }
        let others = stride(from: 0, to: target.count, by: bands).map { target[$0..<$0 + bands] }
        let radii = own.map { galaxy in
            let distances = own.map { squaredDistance($0, galaxy) }.sorted()
            return distances[min(neighbours, distances.count - 1)]
        }
        let counts = zip(own, radii).map { galaxy, radius in others.count { squaredDistance($0, galaxy) <= radius } }
        let total = counts.reduce(0, +)
        let outside = others.count { galaxy in
            let distances = own.map { squaredDistance($0, galaxy) }
            let nearest = distances.indices.min { distances[$0] < distances[$1] }!
            return distances[nearest] > radii[nearest]
        }
        return (
            counts.map { Double($0) * Double(counts.count) / Double(total) }, Double(outside) / Double(others.count)
        )
    }

    @Test(arguments: [1, 2, 5], [1, 7, 5000]) func likeLookingAtAll(bands: Int, neighbours: Int) throws {
        var random = SeededNumbers(seed: UInt64(bands))
        let labelled = random.floats(700 * bands, in: 14...17)
        let target = random.floats(900 * bands, in: 15...18)
        let weights = try NeighbourWeights(labelled: labelled, target: target, bands: bands, neighbours: neighbours)
        let expected = plain(labelled, target, bands, neighbours)
        #expect(weights.weights == expected.weights)
        #expect(weights.targetOutside == expected.outside)
        let (sum, squares) = expected.weights.reduce((0.0, 0.0)) { ($0.0 + $1, $0.1 + $1 * $1) }
        #expect(abs(weights.effectiveSampleSize - sum * sum / squares) < 1e-9 * sum)
        #expect(abs(sum - 700) < 1e-9)
    }

    /// Many galaxies at the same few places: neighbours at no distance.
    @Test func ties() throws {
        var random = SeededNumbers(seed: 9)
        let labelled = (0..<600).map { _ in Float(Int.random(in: 0..<4, using: &random)) }
        let target = (0..<400).map { _ in Float(Int.random(in: 1..<5, using: &random)) }
        let weights = try NeighbourWeights(labelled: labelled, target: target, bands: 2, neighbours: 5)
        let expected = plain(labelled, target, 2, 5)
        #expect(weights.weights == expected.weights)
        #expect(weights.targetOutside == expected.outside)
    }

    /// Labelled galaxies are brighter than the target; weighted, their mean magnitude is the target's.
    @Test func weightsMoveTheMean() throws {
        var random = SeededNumbers(seed: 10)
        let labelled = (0..<20_000).map { _ in Float(random.normal()) }
        let target = (0..<20_000).map { _ in Float(0.7 + 0.8 * random.normal()) }
        let weights = try NeighbourWeights(labelled: labelled, target: target, bands: 1)
        let mean = zip(weights.weights, labelled).reduce(0) { $0 + $1.0 * Double($1.1) } / 20_000
        #expect(abs(mean - 0.7) < 0.04)
        #expect((4000..<16_000).contains(weights.effectiveSampleSize))
        #expect(weights.targetOutside < 0.01)
    }

    /// Labels of bright galaxies alone, and errors that grow with magnitude: intervals are too narrow for the target,
    /// until labelled galaxies are weighted.
    @Test func weightsMendTheCoverage() throws {
        var labelled = SyntheticGalaxies.draw(40_000, seed: 11)
        var random = SeededNumbers(seed: 12)
        // The fainter, the fewer have labels, but some do at all magnitudes.
        labelled = labelled.chosen(
            (0..<labelled.count).filter {
                Double.random(in: 0..<1, using: &random) < (labelled.magnitudes[$0 * 5 + 2] < 16.5 ? 1 : 0.05)
            })
        let target = SyntheticGalaxies.draw(20_000, seed: 13)
        let found = try NeighbourWeights(labelled: labelled.magnitudes, target: target.magnitudes, bands: 5)
        var errors: [Double] = []
        for weights in [nil, found.weights] {
            labelled.weights = weights
            // One cell: else cells in magnitude would mend it.
            let calibration = try Calibration(
                fitting: labelled, CalibrationSettings(method: .cells, smallestCell: labelled.count * 2 / 3))
            #expect(calibration.cellCount == 1)
            let covered = (0..<target.count).count { galaxy in
                let transform = calibration.distribution(target, galaxy)
                    .cumulative(at: Double(target.spectroscopic[galaxy]))
                return abs(2 * transform - 1) <= 0.68
            }
            errors.append(abs(Double(covered) / Double(target.count) - 0.68))
        }
        #expect(errors[0] > 0.05)
        #expect(errors[1] < errors[0] / 2)
    }

    @Test func targetsThatHaveNothingInCommon() {
        let far = { try NeighbourWeights(labelled: [14, 15, 16], target: [30, 31], bands: 1, neighbours: 1) }
        #expect(throws: CalibrationFault.self) { try far() }
        do { _ = try far() } catch { #expect((error as? CalibrationFault)?.kind == .noOverlap) }
        #expect(throws: CalibrationFault.self) { try NeighbourWeights(labelled: [14], target: [14], bands: 1) }
        #expect(throws: CalibrationFault.self) { try NeighbourWeights(labelled: [14, 15], target: [], bands: 1) }
    }
}
