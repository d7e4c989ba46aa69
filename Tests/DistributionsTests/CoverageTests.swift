import Foundation
import PhotozDistributions
import TestSupport
import Testing

/// Whether distributions keep their word, on galaxies that calibrations were not made with.
@Suite struct CoverageTests {
    private static let levels = [0.5, 0.68, 0.9, 0.95, 0.99]

    /// How far a coverage may be off: four standard errors, of the galaxies held against it and of those it was made
    /// with, and what ranks round in the smallest cell.
    private func tolerance(_ level: Double, held: Int, made: Int, cell: Int) -> Double {
        4 * (level * (1 - level) * (1 / Double(held) + 1 / Double(made))).squareRoot() + 1 / Double(cell + 1)
    }

    private func coverage(_ transforms: [Double], _ level: Double) -> Double {
        Double(transforms.count { abs(2 * $0 - 1) <= level }) / Double(transforms.count)
    }

    private func transform(_ calibration: Calibration, _ galaxies: LabelledGalaxies, _ galaxy: Int) -> Double {
        calibration.distribution(galaxies, galaxy).cumulative(at: Double(galaxies.spectroscopic[galaxy]))
    }

    @Test(arguments: CalibrationMethod.allCases, [1, 5])
    func ofAllGalaxies(method: CalibrationMethod, bands: Int) throws {
        let labelled = SyntheticGalaxies.draw(20_000, seed: 1, bands: bands)
        let others = SyntheticGalaxies.draw(20_000, seed: 2, bands: bands)
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: method))
        let transforms = (0..<others.count).map { transform(calibration, others, $0) }
        for level in Self.levels {
            let limit = tolerance(
                level, held: others.count, made: calibration.galaxiesInCells, cell: calibration.smallestCellCount)
            #expect(abs(coverage(transforms, level) - level) < limit, "\(level)")
        }
        // Kolmogorov and Smirnov, for the difference of two samples, at 1 in 10 000.
        let effective = 1 / (1 / Double(others.count) + 1 / Double(calibration.galaxiesInCells))
        let ks = transforms.sorted().enumerated().map {
            max(abs($1 - Double($0) / Double(others.count)), abs($1 - Double($0 + 1) / Double(others.count)))
        }.max()!
        #expect(ks < 2.23 / effective.squareRoot() + 1 / Double(calibration.smallestCellCount))
    }

    /// In each cell, which is what the guarantee is about.
    @Test(arguments: CalibrationMethod.allCases) func inEachCell(method: CalibrationMethod) throws {
        let labelled = SyntheticGalaxies.draw(20_000, seed: 3)
        let others = SyntheticGalaxies.draw(100_000, seed: 4)
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: method))
        var cells: [Int32: [Double]] = [:]
        for galaxy in 0..<others.count {
            cells[calibration.place(others, galaxy).cell, default: []]
                .append(transform(calibration, others, galaxy))
        }
        #expect(cells.count == calibration.cellCount)
        #expect(calibration.smallestCellCount >= (method == .cells ? 200 : 1000))
        for (cell, transforms) in cells {
            let made = Int(calibration.numbers.cellCounts[Int(cell)])
            for level in Self.levels {
                let limit = tolerance(level, held: transforms.count, made: made, cell: made)
                #expect(abs(coverage(transforms, level) - level) < limit, "\(level) in cell \(cell)")
            }
        }
    }

    /// The smooth scale holds in bins of each input that are finer than its cells.
    @Test func inBins() throws {
        let labelled = SyntheticGalaxies.draw(20_000, seed: 5)
        let others = SyntheticGalaxies.draw(20_000, seed: 6)
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: .smooth))
        let transforms = (0..<others.count).map { transform(calibration, others, $0) }
        let inputs = [others.predicted, (0..<others.count).map { others.magnitudes(of: $0)[2] }]
        for values in inputs {
            let order = values.indices.sorted { values[$0] < values[$1] }
            for bin in 0..<10 {
                let inBin = order[bin * 2000..<(bin + 1) * 2000].map { transforms[$0] }
                for level in Self.levels {
                    let limit = tolerance(level, held: 2000, made: 1500, cell: 1000)
                    #expect(abs(coverage(inBin, level) - level) < limit, "\(level)")
                }
            }
        }
    }

    /// P(z ≤ location of q) is ceil((n + 1) q)/(n + 1), over many calibrations of n galaxies each: wrong by one rank,
    /// the median would be off by eight standard errors.
    @Test(arguments: CalibrationMethod.allCases) func theGuaranteeIsExact(method: CalibrationMethod) throws {
        let (repeats, held) = (1500, 40)
        var (below, made) = ([Int](repeating: 0, count: QuantileLevels.count), 0)
        for seed in 0..<UInt64(repeats) {
            let labelled = SyntheticGalaxies.draw(44, seed: 10_000 + seed, bands: 2)
            let others = SyntheticGalaxies.draw(held, seed: 20_000 + seed, bands: 2)
            let calibration = try Calibration(
                fitting: labelled, CalibrationSettings(method: method, smallestCell: 25))
            #expect(calibration.cellCount == 1)
            made = calibration.galaxiesInCells
            for galaxy in 0..<held {
                let locations = calibration.locations(
                    redshift: others.predicted[galaxy], calibration.place(others, galaxy))
                for level in locations.indices where others.spectroscopic[galaxy] <= locations[level] {
                    below[level] += 1
                }
            }
        }
        // Of a fraction p: of calibrations, p (1 - p)/(n + 2); of the galaxies held against each, p (1 - p)/held.
        for (level, q) in QuantileLevels.all.enumerated() where 0.05...0.95 ~= q {
            let rank = (Double(made + 1) * q - 1e-9).rounded(.up)
            let p = rank / Double(made + 1)
            let error = (p * (1 - p) * (1 / Double(made + 2) + 1 / Double(held)) / Double(repeats)).squareRoot()
            #expect(abs(Double(below[level]) / Double(repeats * held) - p) < 4 * error, "\(q)")
        }
    }

    /// The scores of the check that a calibration carries: the scale follows the noise, cells in steps, one normal
    /// distribution not at all.
    @Test func smoothIsBetterThanCellsAndCellsThanOneGaussian() throws {
        let labelled = SyntheticGalaxies.draw(30_000, seed: 7)
        let check = try HeldOutCheck(of: labelled, CalibrationSettings(method: .smooth))
        let cells = try #require(check.otherMethod)
        #expect(check.scores.crps < cells.crps && cells.crps < check.oneGaussian.crps)
        #expect(check.scores.cdeLoss < cells.cdeLoss && cells.cdeLoss < check.oneGaussian.cdeLoss)
        #expect((14_500...15_500).contains(check.galaxies))
        for coverage in check.coverage {
            let limit = tolerance(coverage.level, held: check.galaxies, made: 11_000, cell: 1000)
            #expect(abs(coverage.fraction - coverage.level) < limit)
        }
        #expect(check.coverage.map(\.level) == Self.levels)
        #expect(check.ks < 0.03)
        let swapped = try HeldOutCheck(of: labelled, CalibrationSettings(method: .cells))
        #expect(swapped.scores == cells && swapped.otherMethod == check.scores)
        #expect(swapped.oneGaussian == check.oneGaussian)
    }

    /// The check's halves and its normal distribution, written down again, and scores by integration.
    @Test func oneGaussianAndTheHalves() throws {
        let labelled = SyntheticGalaxies.draw(1000, seed: 8, bands: 1)
        let check = try HeldOutCheck(of: labelled, CalibrationSettings(method: .cells))
        #expect(check.otherMethod == nil, "too few for the smooth scale")
        let isHeld = (0..<1000).map { place in
            var x = UInt64(place) ^ 0xd1b5_4a32_d192_ed03
            x = (x ^ x >> 30) &* 0xbf58_476d_1ce4_e5b9
            x = (x ^ x >> 27) &* 0x94d0_49bb_1331_11eb
            return (x ^ x >> 31) >= 1 << 63
        }
        let residuals = (0..<1000).map { Double(labelled.plainResidual(of: $0)) }
        let made = residuals.indices.filter { !isHeld[$0] }.map { residuals[$0] }
        let median = plainMedian(made)
        let width = 1.4826 * plainMedian(made.map { abs($0 - median) })
        var (cdeLoss, crps) = (0.0, 0.0)
        for galaxy in 0..<1000 where isHeld[galaxy] {
            let (z, breadth) = (Double(labelled.spectroscopic[galaxy]), 1 + Double(labelled.predicted[galaxy]))
            let (mean, sigma) = (Double(labelled.predicted[galaxy]) + median * breadth, width * breadth)
            let reach = 8 * sigma + abs(z - mean)
            let density = { (z: Double) in
                exp(-0.5 * (z - mean) * (z - mean) / (sigma * sigma)) / (sigma * (2 * Double.pi).squareRoot())
            }
            crps += QuantileDistributionTests.integral(mean - reach...mean + reach, steps: 4000) {
                let difference = 0.5 * erfc((mean - $0) / (sigma * 2.0.squareRoot())) - ($0 >= z ? 1 : 0)
                return difference * difference
            }
            cdeLoss -= 2 * density(z)
            cdeLoss += QuantileDistributionTests.integral(mean - reach...mean + reach, steps: 4000) {
                density($0) * density($0)
            }
        }
        #expect(check.galaxies == isHeld.count { $0 })
        let galaxies = Double(check.galaxies)
        #expect(abs(check.oneGaussian.crps - crps / galaxies) < 1e-3 * crps / galaxies)
        #expect(abs(check.oneGaussian.cdeLoss - cdeLoss / galaxies) < 1e-5 * abs(cdeLoss / galaxies))
        #expect(try JSONDecoder().decode(HeldOutCheck.self, from: JSONEncoder().encode(check)) == check)
    }

    private func plainMedian(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
