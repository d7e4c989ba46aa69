import AstroMAE
import TestSupport
import Testing

/// Numbers below 2^-126 are zero, on every processor and in every precision.
@Suite(.serialized) struct DenormalTests {
    let scratch = try! TemporaryFolder()

    @Test(arguments: GoldenTests.sets, Precision.allCases)
    func denormalPixelsAndMagnitudesAreZeros(set: Int, precision: Precision) throws {
        let network = RandomNetwork(seed: 3)
        let prepared = try sensitive(network, precision, InstructionSet.available[set])
        let (images, magnitudes) = network.galaxies(2)
        let largest = Float.leastNormalMagnitude.nextDown
        let denormal = HostileWeightsTests.predict(
            prepared, images.map { $0 / 2 * largest }, magnitudes.map { $0 / 2 * largest })
        let zero = HostileWeightsTests.predict(
            prepared, images.map { _ in 0 }, magnitudes.map { _ in 0 })
        #expect(denormal.map(\.bitPattern) == zero.map(\.bitPattern) && zero[0].isFinite)
        // The smallest numbers that are not denormal do show.
        let normal = HostileWeightsTests.predict(
            prepared, images.map { $0 < 0 ? -largest.nextUp : largest.nextUp }, magnitudes.map { _ in largest.nextUp })
        #expect(normal.map(\.bitPattern) != zero.map(\.bitPattern))
        // The thread that called computes as before.
        #expect(half(largest) > 0)
    }

    /// A network with weights so large that a denormal pixel would show.
    private func sensitive(
        _ network: RandomNetwork, _ precision: Precision, _ instructionSet: InstructionSet
    ) throws -> PreparedNetwork {
        var tensors = network.tensors
        for name in [
            "patch_embed.proj.weight", "inception_model.magnitude_block.0.weight", "inception_model.conv2d_init.weight",
            "inception_model.vis_inception.0.weight",
        ] { tensors[name] = tensors[name]!.map { Double(Float($0 * 1e37)) } }
        try RandomNetwork.write(scratch.file("w.h5"), tensors, attributes: ["num_heads": Double(network.heads)])
        return try PreparedNetwork(WeightsFile(scratch.file("w.h5")), precision, for: instructionSet)
    }

    /// What shares the work, and what looks on, computes no otherwise.
    @Test(arguments: [1, 3], Precision.allCases) func onEveryThreadAndUnderObservation(
        threads: Int, precision: Precision
    ) throws {
        let network = RandomNetwork(seed: 3)
        let engine = Engine(try sensitive(network, precision, .widest), threads: threads)
        let (images, magnitudes) = network.galaxies(7)
        func predict(_ scale: Float) -> [UInt32] {
            var redshifts = [Float](repeating: .nan, count: 7)
            images.map { $0 * scale }.withUnsafeBufferPointer { images in
                magnitudes.map { $0 * scale }.withUnsafeBufferPointer { magnitudes in
                    redshifts.withUnsafeMutableBufferPointer {
                        engine.predict(images: images, magnitudes: magnitudes, redshifts: $0)
                    }
                }
            }
            return redshifts.map(\.bitPattern)
        }
        let (zero, denormal) = (predict(0), Float.leastNormalMagnitude / 4)
        #expect(predict(denormal) == zero)
        var stages = 0
        engine.observe { _ in stages += 1 }
        #expect(predict(denormal) == zero && stages > 0)
        engine.observe(nil)
        engine.profile(true)
        #expect(predict(denormal) == zero)
    }

    @inline(never) private func half(_ x: Float) -> Float { x / 2 }

    @Test func denormalPixelsCostNothing() throws {
        let weights = try WeightsFile(Repository.weights)
        let engine = Engine(try PreparedNetwork(weights))
        let golden = try Golden()
        let denormal = Golden(images: golden.images.map { Float(Double($0) * 1e-40) }, magnitudes: golden.magnitudes)
        // The best of some rounds in turns: what else the machine does slows both.
        func seconds(_ galaxies: Golden) -> Duration {
            ContinuousClock().measure { _ = galaxies.predict(engine, batch: 64) }
        }
        var (usual, other) = (Duration.seconds(100), Duration.seconds(100))
        for _ in 0..<8 { (usual, other) = (min(usual, seconds(golden)), min(other, seconds(denormal))) }
        print("64 galaxies: \(usual), with denormal pixels \(other)")
        #expect(other < usual * 1.5)
    }
}
