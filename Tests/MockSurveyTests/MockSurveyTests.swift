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
        let (magnitudes, images) = (try column("magnitudes"), try column("images"))
        let names = ["f_dev", "r_eff", "q", "theta", "x0", "y0"]
        let truths = try names.map { try column($0) }
        for index in truths[0].indices {
            let m = Array(magnitudes[5 * index..<5 * index + 5])
            let galaxy = MockGalaxy(
                number: index, redshift: 0.1,
                magnitudes: Magnitudes(u: m[0], g: m[1], r: m[2], i: m[3], z: m[4]),
                shape: .init(
                    deVaucouleursFraction: truths[0][index], effectiveRadius: truths[1][index],
                    axisRatio: truths[2][index], positionAngle: truths[3][index], x: truths[4][index],
                    y: truths[5][index]))
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

    @Test func populationAndShapes() throws {
        let survey = MockSurvey(seed: 5)
        let galaxies = (0..<40_000).map { survey.galaxy($0) }
        let columns: [(String, (MockGalaxy) -> Double)] = [
            ("z", { $0.redshift }), ("u", { $0.magnitudes.u }), ("g", { $0.magnitudes.g }), ("r", { $0.magnitudes.r }),
            ("i", { $0.magnitudes.i }), ("zmag", { $0.magnitudes.z }), ("f_dev", { $0.shape.deVaucouleursFraction }),
            ("r_eff", { $0.shape.effectiveRadius }), ("q", { $0.shape.axisRatio }),
            ("theta", { $0.shape.positionAngle }), ("x0", { $0.shape.x }), ("y0", { $0.shape.y }),
        ]
        for (name, value) in columns {
            // The share of our galaxies below each twentieth of the reference's; 0.0025 is its largest standard
            // deviation.
            let values = galaxies.map(value)
            for (index, quantile) in try column("quantiles/\(name)").enumerated()
            where quantile > 0 && quantile < 1 || name != "f_dev" {
                let share = Double(values.count { $0 <= quantile }) / Double(values.count)
                #expect(abs(share - Double(index + 1) / 20) < 0.0115, "\(name), quantile \(index + 1) of 20: \(share)")
            }
        }
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

    @Test func catalogueGalaxiesInTurn() throws {
        let text = "u,redshift,g,r,i,z,name\n19,0.1,18,17.5,17.25,17,a\n20,0.2,19,18.5,18.25,18,\"b, \"\"c\"\"\"\n"
        let survey = MockSurvey(seed: 1, catalog: try Catalog(text: text, path: "c.csv"))
        #expect((0..<5).map { survey.galaxy($0).redshift } == [0.1, 0.2, 0.1, 0.2, 0.1])
        #expect(survey.galaxy(3).magnitudes == Magnitudes(u: 20, g: 19, r: 18.5, i: 18.25, z: 18))
        #expect(survey.galaxy(1).shape != survey.galaxy(3).shape)
    }

    private func image(_ survey: MockSurvey, _ galaxy: MockGalaxy) -> [Float] {
        var pixels = [Float](repeating: .nan, count: 5 * 32 * 32)
        pixels.withUnsafeMutableBufferPointer { survey.observe(galaxy, into: $0) }
        return pixels
    }
}
