import PhotozDistributions
import TestSupport
import Testing

/// Galaxies and numbers that no calibration can be made of.
@Suite struct CalibrationFaultTests {
    private func kind(
        _ galaxies: LabelledGalaxies, _ method: CalibrationMethod, cell: Int? = nil
    ) -> CalibrationFault.Kind? {
        do throws(CalibrationFault) {
            _ = try Calibration(fitting: galaxies, CalibrationSettings(method: method, smallestCell: cell))
            return nil
        } catch {
            #expect(!error.message.isEmpty)
            return error.kind
        }
    }

    @Test func tooFewSaysHowMany() throws {
        let fault = #expect(throws: CalibrationFault.self) {
            try Calibration(fitting: SyntheticGalaxies.draw(1200, seed: 1), CalibrationSettings(method: .smooth))
        }
        let words = try #require(fault?.message)
        #expect(words.hasPrefix("1200 labelled galaxies leave ") && words.contains("smooth needs 1000"), "\(words)")
        #expect(words.contains("--method cells (needs 200)"), "\(words)")
    }

    @Test func tooFew() {
        let galaxies = SyntheticGalaxies.draw(1500, seed: 1)
        #expect(kind(SyntheticGalaxies.draw(199, seed: 1), .cells) == .tooFew)
        #expect(kind(SyntheticGalaxies.draw(200, seed: 1), .cells) == nil)
        #expect(kind(SyntheticGalaxies.draw(1000, seed: 1), .smooth) == .tooFew)
        #expect(kind(galaxies, .smooth) == nil)
        #expect(kind(SyntheticGalaxies.draw(0, seed: 1), .cells) == .tooFew)
        #expect(kind(SyntheticGalaxies.draw(0, seed: 1), .smooth) == .tooFew)
        #expect(kind(SyntheticGalaxies.draw(25, seed: 1), .cells, cell: 20) == nil)
        #expect(throws: CalibrationFault.self) {
            try HeldOutCheck(of: SyntheticGalaxies.draw(300, seed: 1), CalibrationSettings(method: .cells))
        }
        // Those that do not count are none.
        var weighted = galaxies
        weighted.weights = (0..<1500).map { $0 < 150 ? 1 : 0 }
        #expect(kind(weighted, .cells) == .tooFew)
    }

    @Test func identical() {
        var galaxies = SyntheticGalaxies.draw(3000, seed: 2)
        galaxies.spectroscopic = galaxies.predicted
        #expect(kind(galaxies, .cells) == .identical)
        #expect(kind(galaxies, .smooth) == .identical)
    }

    @Test func whatIsNoNumber() {
        let galaxies = SyntheticGalaxies.draw(3000, seed: 3)
        for method in CalibrationMethod.allCases {
            for wrong in [Float.nan, .infinity, -.infinity, 1e4, -9999] {
                var (first, second, third) = (galaxies, galaxies, galaxies)
                first.predicted[17] = wrong
                second.spectroscopic[2999] = wrong
                third.magnitudes[5 * 8 + 4] = wrong
                #expect(kind(first, method) == .unusable)
                #expect(kind(second, method) == .unusable)
                #expect(kind(third, method) == .unusable)
            }
            var unknown = galaxies
            unknown.spectroscopic[1] = -1
            #expect(kind(unknown, method) == .unusable)
            for wrong in [Double.nan, -1, .infinity] {
                var weighted = galaxies
                weighted.weights = Array(repeating: 1, count: 3000)
                weighted.weights![5] = wrong
                #expect(kind(weighted, method) == .unusable)
            }
            var weightless = galaxies
            weightless.weights = Array(repeating: 0, count: 3000)
            #expect(kind(weightless, method) == .unusable)
        }
    }

    private static let numbers = [1, 2, 5].flatMap { bands in
        CalibrationMethod.allCases.map { method in
            let galaxies = SyntheticGalaxies.draw(8000, seed: 4, bands: bands)
            return try! Calibration(fitting: galaxies, CalibrationSettings(method: method)).numbers
        }
    }

    @Test func numbersAreTheWholeCalibration() throws {
        for bands in [1, 2, 5] {
            let galaxies = SyntheticGalaxies.draw(8000, seed: 5, bands: bands)
            for method in CalibrationMethod.allCases {
                let calibration = try Calibration(fitting: galaxies, CalibrationSettings(method: method))
                let again = try Calibration(calibration.numbers)
                #expect(again == calibration)
                for galaxy in 0..<100 { #expect(again.place(galaxies, galaxy) == calibration.place(galaxies, galaxy)) }
            }
        }
    }

    /// Numbers at random places are replaced, lost or put in: there is a fault, or a calibration that works.
    @Test func damagedNumbers() {
        var random = SeededNumbers(seed: 6)
        var faults = 0
        for _ in 0..<20_000 {
            var numbers = Self.numbers.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...2, using: &random) { damage(&numbers, &random) }
            do throws(CalibrationFault) {
                expectWorking(try Calibration(numbers), &random)
            } catch {
                faults += 1
                #expect(error.kind == .damaged)
            }
        }
        #expect((10_000..<20_000).contains(faults), "\(faults)")
    }

    private func damage(_ numbers: inout CalibrationNumbers, _ random: inout SeededNumbers) {
        switch Int.random(in: 0..<14, using: &random) {
        case 0: numbers.method = numbers.method == .cells ? .smooth : .cells
        case 1: numbers.bands = [Int.min, -1, 0, 1, 2, 3, 5, 6, 1 << 40, Int.max].randomElement(using: &random)!
        case 2: damage(&numbers.ranges, &random)
        case 3: damage(&numbers.parts, &random)
        case 4: damage(&numbers.redshiftEdges, &random)
        case 5: damage(&numbers.magnitudeEdges, &random)
        case 6: damage(&numbers.colourEdges, &random)
        case 7: damage(&numbers.cellCounts, &random)
        case 8: damage(&numbers.residualQuantiles, &random)
        case 9: damage(&numbers.scaleLimits, &random)
        case 10: damage(&numbers.scaleCentres, &random)
        case 11: damage(&numbers.scaleWidths, &random)
        case 12: damage(&numbers.scaleKnots, &random)
        default:
            if Bool.random(using: &random) {
                damage(&numbers.scaleCoefficients, &random)
            } else {
                damage(&numbers.scaleBounds, &random)
            }
        }
    }

    private func damage<Number: BinaryFloatingPoint>(_ numbers: inout [Number], _ random: inout SeededNumbers) {
        let wrong: [Number] = [.nan, .infinity, -.infinity, 0, -1, 1, 1e30, -1e30, -0.0, 0.5]
        damage(&numbers, wrong.randomElement(using: &random)!, &random)
    }

    private func damage(_ numbers: inout [Int64], _ random: inout SeededNumbers) {
        damage(&numbers, [Int64.min, -1, 0, 1, 2, 4096, 4097, 1 << 32, .max].randomElement(using: &random)!, &random)
    }

    private func damage<Number>(_ numbers: inout [Number], _ wrong: Number, _ random: inout SeededNumbers) {
        guard let place = numbers.indices.randomElement(using: &random) else {
            numbers.append(wrong)
            return
        }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: numbers.remove(at: place)
        case 1: numbers.insert(wrong, at: place)
        case 2: numbers.swapAt(place, numbers.indices.randomElement(using: &random)!)
        default: numbers[place] = wrong
        }
    }

    private func expectWorking(_ calibration: Calibration, _ random: inout SeededNumbers) {
        for _ in 0..<3 {
            let magnitudes = random.floats(calibration.bands, in: 14...19)
            let redshift = Float.random(in: -0.1...0.5, using: &random)
            let place = magnitudes.withUnsafeBufferPointer {
                calibration.place(redshift: redshift, magnitudes: $0)
            }
            let locations = calibration.locations(redshift: redshift, place)
            #expect(locations.allSatisfy { $0.isFinite })
            #expect(zip(locations, locations.dropFirst()).allSatisfy(<))
            #expect(calibration.ranges.colours.count == calibration.bands - 1)
        }
    }
}
