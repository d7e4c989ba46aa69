import PhotozDistributions
import TestSupport
import Testing

/// Cells and the ranks of residuals in them, against plain ones.
@Suite struct CellTests {
    /// The residual of a level, by looking at all pairs; nil where galaxies cannot tell.
    private func plainQuantile(_ galaxies: [(residual: Float, weight: Double)], _ thousandths: Int) -> Float? {
        let counting = galaxies.filter { $0.weight > 0 }
        let sum = counting.reduce(0) { $0 + $1.weight }
        let own = counting.reduce(0) { $0 + $1.weight * $1.weight } / sum
        let wanted = Double(thousandths) / 1000 * (sum + own)
        // Rounding must not decide: no weights of these tests come nearer than this.
        let ranked = counting.filter { galaxy in
            counting.reduce(0) { $0 + ($1.residual <= galaxy.residual ? $1.weight : 0) } >= wanted - 1e-9 * sum
        }
        let smallest = counting.min { $0.residual < $1.residual }!
        guard smallest.weight <= wanted + 1e-9 * sum else { return nil }
        return ranked.map(\.residual).min()
    }

    private func expectRanks(_ labelled: LabelledGalaxies, _ calibration: Calibration) {
        let numbers = calibration.numbers
        var cells: [Int: [Int]] = [:]
        for galaxy in 0..<labelled.count {
            cells[Int(calibration.place(labelled, galaxy).cell), default: []].append(galaxy)
        }
        #expect(cells.count == calibration.cellCount)
        for (cell, members) in cells {
            #expect(Int(numbers.cellCounts[cell]) == members.count)
            let ranked = members.map { (labelled.plainResidual(of: $0), labelled.weights?[$0] ?? 1) }
            let quantiles = numbers.residualQuantiles[cell * 29..<(cell + 1) * 29]
            #expect(zip(quantiles, quantiles.dropFirst()).allSatisfy(<=))
            for (level, thousandths) in QuantileLevels.thousandths.enumerated() where 100...900 ~= thousandths {
                #expect(quantiles[cell * 29 + level] == plainQuantile(ranked, thousandths), "\(thousandths) of \(cell)")
            }
        }
    }

    @Test func quantilesAreTheRanksOfTheCell() throws {
        let labelled = SyntheticGalaxies.draw(5000, seed: 1)
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: .cells))
        #expect(calibration.numbers.parts == [5, 2, 2])
        #expect(calibration.cellCount == 20)
        #expect(calibration.smallestCellCount >= 249 && calibration.largestCellCount <= 251)
        expectRanks(labelled, calibration)
    }

    @Test func weightedQuantilesAreTheWeightedRanks() throws {
        var labelled = SyntheticGalaxies.draw(3000, seed: 2)
        var random = SeededNumbers(seed: 3)
        labelled.weights = (0..<labelled.count).map { $0 % 7 == 0 ? 0 : Double.random(in: 0.1...4, using: &random) }
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: .cells))
        expectRanks(labelled, calibration)
        labelled.weights = nil
        #expect(try calibration != Calibration(fitting: labelled, CalibrationSettings(method: .cells)))
    }

    /// One cell, the whole: what its galaxies can tell, and what lies on straight lines beyond.
    @Test func theWhole() throws {
        let labelled = SyntheticGalaxies.draw(300, seed: 4)
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: .cells))
        #expect(calibration.cellCount == 1)
        let sorted = (0..<300).map { labelled.plainResidual(of: $0) }.sorted()
        let quantiles = calibration.numbers.residualQuantiles
        let reach = (Double(sorted[299]) - Double(sorted[0])) / 10
        #expect(quantiles[0] == Float(Double(sorted[0]) - reach))
        #expect(quantiles[28] == Float(Double(sorted[299]) + reach))
        // 301 times 0.001 is less than the first rank.
        #expect(abs(Double(quantiles[1]) - (Double(sorted[0]) - reach * (1 - 0.301))) < 1e-8)
        #expect(abs(Double(quantiles[27]) - (Double(sorted[299]) + reach * (0.999 * 301 - 300))) < 1e-8)
        #expect(quantiles[2] == sorted[1])  // ceil(1.505) = 2
        #expect(quantiles[4] == sorted[7])  // ceil(7.525) = 8
        #expect(quantiles[14] == sorted[150])  // ceil(150.5) = 151
        #expect(quantiles[26] == sorted[299])  // ceil(299.495) = 300
    }

    /// Levels that a cell is too small for are those of the cell's parent: here, of its part of z.
    @Test func smallCellsAskTheirParents() throws {
        let labelled = SyntheticGalaxies.draw(9000, seed: 5)
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: .cells))
        let numbers = calibration.numbers
        #expect(numbers.parts == [6, 3, 2])
        let ofPart = Int(numbers.parts[1] * numbers.parts[2])
        var parts: [Int: [Float]] = [:]
        for galaxy in 0..<labelled.count {
            parts[Int(calibration.place(labelled, galaxy).cell) / ofPart, default: []]
                .append(labelled.plainResidual(of: galaxy))
        }
        for (part, residuals) in parts {
            #expect(residuals.count == 1500)
            let sorted = residuals.sorted()
            for cell in part * ofPart..<(part + 1) * ofPart {
                let quantiles = numbers.residualQuantiles[cell * 29..<(cell + 1) * 29]
                // ceil(1501 · 0.001) = 2, ceil(1501 · 0.999) = 1500, unless the cell's own next level is beyond.
                let inner = quantiles[cell * 29 + 2], outer = quantiles[cell * 29 + 26]
                #expect(quantiles[cell * 29 + 1] == min(sorted[1], inner))
                #expect(quantiles[cell * 29 + 27] == max(sorted[1499], outer))
            }
        }
    }

    @Test func tiesAreNeverParted() throws {
        var labelled = SyntheticGalaxies.draw(20_000, seed: 6)
        // Redshifts in steps of 0.05, magnitudes in steps of 0.25, one of them for half of the galaxies.
        for galaxy in 0..<labelled.count {
            labelled.predicted[galaxy] = (labelled.predicted[galaxy] * 20).rounded() / 20
            for band in 0..<5 {
                let place = galaxy * 5 + band
                labelled.magnitudes[place] =
                    galaxy % 2 == 0 ? 17 - Float(band) : (labelled.magnitudes[place] * 4).rounded() / 4
            }
        }
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: .cells))
        #expect(calibration.cellCount > 10)
        #expect(calibration.smallestCellCount >= 200)
        #expect(calibration.galaxiesInCells == 20_000)
        expectRanks(labelled, calibration)
        // Cells that ties left no room for are empty, and their edges infinite.
        #expect(calibration.numbers.cellCounts.contains(0))
        #expect(calibration.numbers.magnitudeEdges.contains(.infinity))
        #expect(try Calibration(calibration.numbers) == calibration)
    }

    @Test(arguments: CalibrationMethod.allCases) func galaxiesThatAreAllTheSameButForTheirRedshift(
        method: CalibrationMethod
    ) throws {
        var labelled = SyntheticGalaxies.draw(4000, seed: 7)
        labelled.predicted = Array(repeating: 0.1, count: 4000)
        labelled.magnitudes = Array(repeating: 17, count: 20_000)
        let calibration = try Calibration(fitting: labelled, CalibrationSettings(method: method))
        #expect(calibration.cellCount == 1)
        let distribution = calibration.distribution(labelled, 0)
        let redshifts = labelled.spectroscopic.map { Double($0) }.sorted()
        #expect(abs(distribution.median - redshifts[2000]) < 0.01)
        #expect(abs(distribution.quantile(0.9) - redshifts[3600]) < 0.01)
    }

    /// For cells, and without weights, galaxies may stand in any order.
    @Test func theOrderDoesNotShowInCells() throws {
        let labelled = SyntheticGalaxies.draw(5000, seed: 8)
        var random = SeededNumbers(seed: 9)
        let settings = CalibrationSettings(method: .cells)
        let shuffled = labelled.chosen(Array(0..<5000).shuffled(using: &random))
        #expect(try Calibration(fitting: labelled, settings) == Calibration(fitting: shuffled, settings))
        let smooth = CalibrationSettings(method: .smooth)
        #expect(try Calibration(fitting: labelled, smooth) == Calibration(fitting: labelled, smooth))
        // A hash of places says who the scale is fitted to.
        #expect(try Calibration(fitting: labelled, smooth) != Calibration(fitting: shuffled, smooth))
    }

    @Test(arguments: CalibrationMethod.allCases) func equalWeightsAreNone(method: CalibrationMethod) throws {
        var labelled = SyntheticGalaxies.draw(5000, seed: 10)
        let settings = CalibrationSettings(method: method)
        let plain = try Calibration(fitting: labelled, settings)
        labelled.weights = Array(repeating: 2.5, count: 5000)
        #expect(try Calibration(fitting: labelled, settings) == plain)
    }
}
