import AstroMAE
import HDF5
import TestSupport
import Testing

/// The plain network against the published one, and the engine against the plain network.
@Suite(.serialized) struct PlainNetworkTests {
    /// What two float64 evaluations of the same sums may differ by, as a share of a stage's largest magnitude: the
    /// longest path has some hundred sums of up to 3216 terms, and rounding errors grow with their root.
    static let tolerance = 1e-12

    @Test func everyStageOfTheFullNetwork() throws {
        let golden = try Golden()
        let network = try PlainNetwork(weights: Repository.weights)
        let stages = try File.open(Repository.fixture("stages.h5"))
        for galaxy in 0..<2 {
            let seen = network.forward(image: golden.image(galaxy), magnitudes: golden.magnitudes(galaxy))
            for name in try stages.members().map(\.name) {
                let dataset = try stages.dataset(name)
                let all = try dataset.readAll(as: Double.self)
                let expected = all[galaxy * dataset.rowCount..<(galaxy + 1) * dataset.rowCount]
                let actual = try #require(seen[name], "\(name) is no stage of the plain network")
                #expect(actual.shape == Array(dataset.shape.dropFirst()), "\(name)")
                let largest = expected.map { abs($0) }.max() ?? 0
                let worst = zip(actual.values, expected).map { abs($0 - $1) }.max() ?? .nan
                #expect(worst <= Self.tolerance * largest, "\(name): off by \(worst / largest) of \(largest)")
            }
        }
    }

    @Test func redshiftsOfTheFullNetwork() throws {
        let golden = try Golden()
        let network = try PlainNetwork(weights: Repository.weights)
        let expected = try Golden.expected("redshift_float64")
        // The first ones are in the stages; some from the rest.
        for galaxy in [2, 17, 40, 63] {
            let redshift = network.redshift(image: golden.image(galaxy), magnitudes: golden.magnitudes(galaxy))
            // Redshifts come from sums whose terms are of the order of 1.
            #expect(abs(redshift - expected[galaxy]) <= Self.tolerance, "\(galaxy): \(redshift)")
        }
    }

    @Test func redshiftsOfASmallVariant() throws {
        let golden = try Golden()
        let network = try PlainNetwork(weights: Repository.fixture("small-weights.h5"))
        let expected = try Golden.expected("small_redshift_float64")
        for galaxy in 0..<golden.count {
            let redshift = network.redshift(image: golden.image(galaxy), magnitudes: golden.magnitudes(galaxy))
            #expect(abs(redshift - expected[galaxy]) <= Self.tolerance, "\(galaxy): \(redshift)")
        }
    }

    @Test(arguments: [Repository.weights, Repository.fixture("small-weights.h5")])
    func engineOnGalaxiesOfNoFile(weights: String) throws {
        let galaxies = Golden.synthetic(count: 5)
        let network = try PlainNetwork(weights: weights)
        let expected = (0..<galaxies.count).map {
            network.redshift(image: galaxies.image($0), magnitudes: galaxies.magnitudes($0))
        }
        // The network is no constant: the galaxies have redshifts of their own.
        #expect(expected.max()! - expected.min()! > 1e-3, "\(expected)")
        for set in InstructionSet.available {
            let engine = Engine(try PreparedNetwork(WeightsFile(weights), for: set))
            let redshifts = galaxies.predict(engine, batch: 3)
            for (galaxy, redshift) in redshifts.enumerated() {
                // The engine's tolerance is 1e-6 for redshifts below 1; these galaxies are like none that the network
                // has seen, and its answers may be larger.
                let allowed = 1e-6 * max(1, abs(expected[galaxy]))
                let error = abs(Double(redshift) - expected[galaxy])
                #expect(error <= allowed, "\(set): galaxy \(galaxy) is off by \(error) of \(expected[galaxy])")
            }
        }
    }
}

extension PlainNetwork {
    /// The network of a weights file.
    init(weights: String) throws {
        let file = try File.open(weights)
        var tensors: [String: PlainTensor] = [:]
        for member in try file.members() where !member.name.hasSuffix("num_batches_tracked") {
            let dataset = try file.dataset(member.name)
            tensors[member.name] = PlainTensor(shape: dataset.shape, values: try dataset.readAll())
        }
        try self.init(tensors: tensors, numHeads: file.attribute("num_heads"))
    }
}

extension Golden {
    func image(_ galaxy: Int) -> PlainTensor {
        PlainTensor(shape: [5, 32, 32], values: images[galaxy * 5120..<(galaxy + 1) * 5120].map { Double($0) })
    }

    func magnitudes(_ galaxy: Int) -> [Double] { magnitudes[galaxy * 5..<(galaxy + 1) * 5].map { Double($0) } }

    /// Galaxies that are in no file: discs of several sizes and colours on noise.
    static func synthetic(count: Int) -> Golden {
        // A congruential generator (Knuth's MMIX), of which the upper bits are used: the same galaxies in every run.
        var state: UInt64 = 20_240_901
        func uniform() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) * 0x1p-24
        }
        var (images, magnitudes): ([Float], [Float]) = ([], [])
        for _ in 0..<count {
            let (radius, brightness) = (3 + 6 * uniform(), 0.5 + 4 * uniform())
            for band in 0..<5 {
                let flux = brightness * (0.3 + 0.25 * Float(band) * uniform())
                for pixel in 0..<1024 {
                    let (y, x) = (Float(pixel / 32) - 15.5, Float(pixel % 32) - 15.5)
                    images.append(flux / (1 + (x * x + y * y) / (radius * radius)) + 0.05 * (uniform() - 0.5))
                }
                magnitudes.append(19 - 0.5 * Float(band) - brightness / 4 + 0.3 * uniform())
            }
        }
        return Golden(images: images, magnitudes: magnitudes)
    }
}
