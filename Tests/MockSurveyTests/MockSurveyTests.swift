import Foundation
import HDF5
import TestSupport
import Testing

import MockSurvey

/// Mock galaxies against the reference model (numpy) of the survey.
@Suite struct MockSurveyTests {
    private let reference = try! File.open(Repository.fixture("mock-survey.h5"))

    private func column(_ name: String) throws -> [Double] { try reference.dataset(name).readAll() }

    @Test func noiseFreeImages() throws {
        let images = try column("images")
        for (index, galaxy) in try referenceGalaxies().enumerated() {
            let image = MockSurvey.noiseFreeImage(of: galaxy)
            for band in 0..<5 {
                let (own, expected) = (
                    image[band * 1024..<(band + 1) * 1024],
                    images[(5 * index + band) * 1024..<(5 * index + band + 1) * 1024]
                )
                let worst = zip(own, expected).map { abs($0 - $1) }.max()!
                #expect(worst <= 1e-4 * expected.max()!, "galaxy \(index), band \(band): off by \(worst)")
            }
        }
    }

    /// Those whose images the reference has drawn.
    private func referenceGalaxies() throws -> [MockGalaxy] {
        let (magnitudes, bulges) = (try column("magnitudes"), try column("f_bulge"))
        let names = ["redshift", "f_dev", "r_eff", "q", "r_eff_bulge", "q_bulge", "theta", "x0", "y0"]
        let truths = try names.map { try column($0) }
        return truths[0].indices.map { index in
            let (m, t) = (Array(magnitudes[5 * index..<5 * index + 5]), truths.map { $0[index] })
            return MockGalaxy(
                number: index, redshift: t[0],
                magnitudes: Magnitudes(u: m[0], g: m[1], r: m[2], i: m[3], z: m[4]),
                shape: .init(
                    deVaucouleursFraction: t[1], bulgeToTotal: Array(bulges[5 * index..<5 * index + 5]),
                    disc: .init(effectiveRadius: t[2], axisRatio: t[3]),
                    bulge: .init(effectiveRadius: t[4], axisRatio: t[5]), positionAngle: t[6], x: t[7], y: t[8]))
        }
    }

    @Test func populationAndShapes() throws {
        let survey = MockSurvey(seed: 5)
        let galaxies = (0..<40_000).map { survey.galaxy($0) }
        let shares = ["u", "g", "r", "i", "zmag"].enumerated().map { band, name in
            ("f_bulge_\(name)", { (galaxy: MockGalaxy) in galaxy.shape.bulgeToTotal[band] })
        }
        let columns: [(String, (MockGalaxy) -> Double)] = [
            ("z", { $0.redshift }), ("u", { $0.magnitudes.u }), ("g", { $0.magnitudes.g }), ("r", { $0.magnitudes.r }),
            ("i", { $0.magnitudes.i }), ("zmag", { $0.magnitudes.z }), ("f_dev", { $0.shape.deVaucouleursFraction }),
            ("r_eff", { $0.shape.disc.effectiveRadius }), ("q", { $0.shape.disc.axisRatio }),
            ("r_eff_bulge", { $0.shape.bulge.effectiveRadius }), ("q_bulge", { $0.shape.bulge.axisRatio }),
            ("theta", { $0.shape.positionAngle }), ("x0", { $0.shape.x }), ("y0", { $0.shape.y }),
        ]
        for (name, value) in columns + shares {
            // The shares of our galaxies below each twentieth of the reference's; 0.0025 is their largest standard
            // deviation.
            try expectQuantiles(
                column("quantiles/\(name)"), of: galaxies.map(value), within: 0.0115, "\(name)")
        }
    }

    /// Bulges have the colours that go with the redshift of their own galaxy.
    @Test func bulgesFollowTheRedSequence() throws {
        let survey = MockSurvey(seed: 6)
        let galaxies = (0..<40_000).map { survey.galaxy($0) }
        let edges = try column("in_redshift/edges")
        let (colours, ratios) = (try column("in_redshift/bulge_colours"), try column("in_redshift/u_over_r"))
        let correlations = try column("in_redshift/correlations")
        for bin in 0...edges.count {
            // Some 5 000 galaxies: shares have standard deviations of up to 0.0071, correlations of up to 0.015.
            let members = galaxies.filter { galaxy in edges.count { $0 <= galaxy.redshift } == bin }
            #expect(abs(members.count - 5000) < 330, "bin \(bin): \(members.count) galaxies")
            try expectQuantiles(
                Array(ratios[9 * bin..<9 * bin + 9]),
                of: members.map { $0.shape.bulgeToTotal[0] / $0.shape.bulgeToTotal[2] }, within: 0.032,
                "u over r, bin \(bin)")
            for colour in 0..<4 {
                let start = 9 * (4 * bin + colour)
                try expectQuantiles(
                    Array(colours[start..<start + 9]), of: members.map { bulgeColours(of: $0)[colour] }, within: 0.032,
                    "colour \(colour), bin \(bin)")
            }
            // Where the bulge is most of the light in a band, its colours are no longer those of the sequence.
            let drawn = members.filter { $0.shape.bulgeToTotal.allSatisfy { $0 < 0.95 } }.map(properties)
            for one in 0..<10 {
                for other in 0..<one {
                    let own = correlation(drawn.map { $0[one] }, drawn.map { $0[other] })
                    let expected = correlations[100 * bin + 10 * one + other]
                    #expect(abs(own - expected) < 0.075, "bin \(bin), \(one) and \(other): \(own), not \(expected)")
                }
            }
        }
    }

    /// What the reference has correlations of.
    private func properties(of galaxy: MockGalaxy) -> [Double] {
        let shape = galaxy.shape
        return bulgeColours(of: galaxy) + [
            shape.deVaucouleursFraction, shape.disc.effectiveRadius, shape.disc.axisRatio, shape.positionAngle, shape.x,
            shape.y,
        ]
    }

    private func expectQuantiles(
        _ quantiles: [Double], of values: [Double], within tolerance: Double, _ what: String
    ) throws {
        for (index, quantile) in quantiles.enumerated() {
            // Where many galaxies have the same value, as at a limit, the share lies between these.
            let below = Double(values.count { $0 < quantile }) / Double(values.count)
            let upTo = Double(values.count { $0 <= quantile }) / Double(values.count)
            let share = Double(index + 1) / Double(quantiles.count + 1)
            #expect(
                below - tolerance < share && share < upTo + tolerance,
                "\(what), quantile \(share): \(below) to \(upTo)")
        }
    }

    /// u - g, g - r, r - i, i - z.
    private func bulgeColours(of galaxy: MockGalaxy) -> [Double] {
        let light = zip(galaxy.magnitudes.inOrder, galaxy.shape.bulgeToTotal).map { $0 - 2.5 * log10($1) }
        return zip(light, light.dropFirst()).map { $0 - $1 }
    }

    private func correlation(_ a: [Double], _ b: [Double]) -> Double {
        let count = Double(a.count)
        let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
        let product = zip(a, b).reduce(0) { $0 + ($1.0 - meanA) * ($1.1 - meanB) }
        let (squaresA, squaresB) = (
            a.reduce(0) { $0 + ($1 - meanA) * ($1 - meanA) }, b.reduce(0) { $0 + ($1 - meanB) * ($1 - meanB) }
        )
        return product / (squaresA * squaresB).squareRoot()
    }

    @Test func noiseIsThatOfSkyAndSource() {
        let survey = MockSurvey(seed: 11)
        var normals: [Double] = []
        for number in 0..<40 {
            let galaxy = survey.galaxy(number)
            let light = MockSurvey.noiseFreeImage(of: galaxy)
            for (index, pixel) in image(survey, galaxy).enumerated() {
                let band = index / 1024
                let sky = [0.060, 0.025, 0.035, 0.050, 0.160][band]
                let sigma = (sky * sky + light[index] / [60.0, 170, 170, 150, 40][band]).squareRoot()
                normals.append((sinh(Double(pixel)) * [0.10, 0.05, 0.05, 0.08, 0.25][band] - light[index]) / sigma)
            }
        }
        let count = Double(normals.count)
        let moments = (1...4).map { power in normals.reduce(0) { $0 + pow($1, Double(power)) } / count }
        // Of 204 800 numbers: standard deviations 0.0022, 0.0031, 0.0086 and 0.022.
        #expect(abs(moments[0]) < 0.011 && abs(moments[1] - 1) < 0.016, "\(moments)")
        #expect(abs(moments[2]) < 0.043 && abs(moments[3] - 3) < 0.11, "\(moments)")
        // Neighbours know nothing of each other.
        for lag in [1, 8, 16, 32, 1024] {
            let product = zip(normals, normals.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 } / count
            #expect(abs(product) < 0.011, "lag \(lag): \(product)")
        }
    }

    @Test func aGalaxyIsTheSameInAnyCompany() {
        let survey = MockSurvey(seed: 3)
        let alone = image(MockSurvey(seed: 3), survey.galaxy(1_000_000_007))
        for number in [5, 1_000_000_006] { _ = image(survey, survey.galaxy(number)) }
        #expect(image(survey, survey.galaxy(1_000_000_007)) == alone)
        #expect(survey.galaxy(5) != survey.galaxy(6))
        #expect(survey.galaxy(5) != MockSurvey(seed: 4).galaxy(5))
    }

    /// Beyond the redshifts of the sequence, bulges have the colours at its end.
    @Test func redshiftsOfACatalogueBeyondTheSequence() throws {
        let text = "redshift,u,g,r,i,z\n" + ["-0.05", "0", "0.45", "5"].map { "\($0),20,19,18,17.5,17.1\n" }.joined()
        let survey = MockSurvey(seed: 2, catalog: try Catalog(text: text, path: "c.csv"))
        for number in 0..<400 {
            let galaxy = survey.galaxy(number)
            // Six standard deviations; a share at its limit of 0.95 says nothing.
            guard galaxy.shape.bulgeToTotal.allSatisfy({ $0 < 0.95 }) else { continue }
            let expected = number % 4 < 2 ? [1.62, 0.70, 0.35, 0.27] : [1.90, 1.72, 0.72, 0.42]
            for (index, scatter) in [0.05, 0.02, 0.012, 0.012].enumerated() {
                let colour = bulgeColours(of: galaxy)[index]
                #expect(abs(colour - expected[index]) < 6 * scatter, "\(number): \(colour)")
            }
        }
    }

    @Test func catalogueGalaxiesInTurn() throws {
        let text = "u,redshift,g,r,i,z,name\n19,0.1,18,17.5,17.25,17,a\n20,0.2,19,18.5,18.25,18,\"b, \"\"c\"\"\"\n"
        let survey = MockSurvey(seed: 1, catalog: try Catalog(text: text, path: "c.csv"))
        #expect((0..<5).map { survey.galaxy($0).redshift } == [0.1, 0.2, 0.1, 0.2, 0.1])
        #expect(survey.galaxy(3).magnitudes == Magnitudes(u: 20, g: 19, r: 18.5, i: 18.25, z: 18))
        #expect(survey.galaxy(1).shape != survey.galaxy(3).shape)
        // The red sequence has g - r of 0.95 at redshift 0.1 and 1.28 at 0.2, with a scatter of 0.02.
        for (number, colour) in [(0, 0.95), (1, 1.28), (2, 0.95), (3, 1.28)] {
            #expect(abs(bulgeColours(of: survey.galaxy(number))[1] - colour) < 0.1)
        }
    }

    private func image(_ survey: MockSurvey, _ galaxy: MockGalaxy) -> [Float] {
        var pixels = [Float](repeating: .nan, count: 5 * 32 * 32)
        pixels.withUnsafeMutableBufferPointer { survey.observe(galaxy, into: $0) }
        return pixels
    }
}
