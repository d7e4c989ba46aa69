import AstroMAE
import Foundation
import HDF5
import TestSupport
import Testing

/// Networks of random sizes in every precision with every instruction set, in memory that ends at guards, against the
/// plain network. PHOTOZ_RANDOM_NETWORKS says how many.
@Suite(.serialized) struct RandomNetworkTests {
    static let count = ProcessInfo.processInfo.environment["PHOTOZ_RANDOM_NETWORKS"].flatMap(Int.init) ?? 24
    let scratch = try! TemporaryFolder()

    /// Galaxies of the plain network. The engine gets them again and again until its tiles are full and one is left
    /// over.
    static let galaxies = 3

    @Test func everyNetworkIsTheOneThatTheFileSays() throws {
        var shares: [Precision: [Double]] = [:]
        for seed in 0..<Self.count {
            let network = RandomNetwork(seed: seed)
            let task = try Task(network, file: scratch.file("w.h5"))
            for precision in Precision.allCases {
                let tolerance = task.tolerance(precision)
                let worst = try task.worst(precision)
                let title = "network \(seed), \(precision), off by \(worst.error) on \(worst.set), allowed \(tolerance)"
                #expect(worst.error <= tolerance, "\(title)")
                shares[precision, default: []].append(tolerance / task.spread)
            }
        }
        // The tolerances mean something: in half of the networks they are small beside what tells galaxies apart.
        for (precision, limit) in [(Precision.float32, 1e-3), (.bfloat16, 0.5), (.int8, 1)] {
            let sorted = (shares[precision] ?? []).sorted()
            print("tolerance over spread, \(precision): median \(sorted[sorted.count / 2]), largest \(sorted.last!)")
            #expect(sorted[sorted.count / 2] < limit, "\(precision)")
        }
    }

    @Test func anotherNetworkIsNoticed() throws {
        // The same comparison fails when the plain network has one tensor with two rows exchanged.
        var noticed = 0
        for seed in 0..<8 {
            let network = RandomNetwork(seed: 100 + seed)
            let task = try Task(network, file: scratch.file("w.h5"))
            let exact = task.exact
            var tensors = network.tensors
            let name = "blocks.0.PCM.3.bias"
            tensors[name] = PlainTensor(shape: tensors[name]!.shape, values: tensors[name]!.values.reversed())
            let other = PlainNetwork(tensors: tensors, numHeads: network.heads)
            let change = zip(task.redshifts(of: other), exact).map { abs($0 - $1) }.max()!
            if change > task.tolerance(.float32) { noticed += 1 }
        }
        #expect(noticed >= 4, "\(noticed) of 8")
    }

    /// One network on some galaxies.
    private struct Task {
        let network: RandomNetwork
        let weights: WeightsFile
        let images: [Float]
        let magnitudes: [Float]
        let exact: [Double]
        private let plainImages: [PlainTensor]
        private let plainMagnitudes: [[Double]]

        init(_ network: RandomNetwork, file: String) throws {
            self.network = network
            try network.write(file)
            weights = try WeightsFile(file)
            (images, magnitudes) = network.galaxies(RandomNetworkTests.galaxies)
            let (images, magnitudes) = (images, magnitudes)
            plainImages = (0..<RandomNetworkTests.galaxies).map { galaxy in
                let count = network.imageCount
                return PlainTensor(
                    shape: [network.bands, network.imageSize, network.imageSize],
                    values: images[galaxy * count..<(galaxy + 1) * count].map { Double($0) })
            }
            plainMagnitudes = (0..<RandomNetworkTests.galaxies).map { galaxy in
                magnitudes[galaxy * network.bands..<(galaxy + 1) * network.bands].map { Double($0) }
            }
            let plain = network.plain
            exact = zip(plainImages, plainMagnitudes).map { plain.redshift(image: $0, magnitudes: $1) }
        }

        /// What tells galaxies apart.
        var spread: Double { max(exact.max()! - exact.min()!, 1e-3) }

        func redshifts(of plain: PlainNetwork) -> [Double] {
            zip(plainImages, plainMagnitudes).map { plain.redshift(image: $0, magnitudes: $1) }
        }

        func tolerance(_ precision: Precision) -> Double {
            NoisyNetwork(network: network.plain, precision: precision)
                .tolerance(images: plainImages, magnitudes: plainMagnitudes, exact: exact)
        }

        /// The largest error of a redshift over all instruction sets; infinite when a galaxy's bits depend on its
        /// company.
        func worst(_ precision: Precision) throws -> (error: Double, set: InstructionSet) {
            var worst = (error: -1.0, set: InstructionSet.widest)
            for set in InstructionSet.available {
                let prepared = try PreparedNetwork(weights, precision, for: set)
                let many = predict(prepared, count: Engine.preferredCount(for: weights.shape) + 1)
                let few = predict(prepared, count: RandomNetworkTests.galaxies)
                for (index, redshift) in many.enumerated() {
                    let galaxy = index % RandomNetworkTests.galaxies
                    let error = abs(Double(redshift) - exact[galaxy])
                    let isSame = redshift.bitPattern == few[galaxy].bitPattern
                    if !(error <= worst.error) || !isSame { worst = (isSame && !error.isNaN ? error : .infinity, set) }
                }
            }
            return worst
        }

        private func predict(_ prepared: PreparedNetwork, count: Int) -> [Float] {
            func repeated(_ values: [Float], _ width: Int) -> GuardedFloats {
                GuardedFloats(
                    (0..<count).flatMap { galaxy in
                        let first = galaxy % RandomNetworkTests.galaxies * width
                        return values[first..<first + width]
                    })
            }
            let (pixels, bands) = (repeated(images, network.imageCount), repeated(magnitudes, network.bands))
            let result = GuardedFloats(count: count)
            Engine(prepared, guarded: true).predict(
                images: UnsafeBufferPointer(start: pixels.start, count: pixels.count),
                magnitudes: UnsafeBufferPointer(start: bands.start, count: bands.count),
                redshifts: UnsafeMutableBufferPointer(start: result.start, count: count))
            #expect(result.isIntactAround)
            return result.values
        }
    }
}
