import AstroMAE
import Foundation
import HDF5
import TestSupport
import Testing

/// The engine against the published network in float64, at every instruction set of this machine.
@Suite(.serialized) struct GoldenTests {
    static let sets = InstructionSet.available.indices

    static func engine(
        _ weights: String, set: Int, _ precision: Precision = .float32, threads: Int = 1
    ) throws -> Engine {
        Engine(
            try PreparedNetwork(WeightsFile(weights), precision, for: InstructionSet.available[set]), threads: threads)
    }

    @Test(arguments: sets) func redshiftsOfTheFullNetwork(set: Int) throws {
        let redshifts = try Golden().predict(Self.engine(Repository.weights, set: set), batch: 64)
        let expected = try Golden.expected("redshift_float64")
        let worst = zip(redshifts, expected).map { abs(Double($0) - $1) }.max() ?? .nan
        #expect(redshifts.count == 64 && worst <= 1e-6, "\(InstructionSet.available[set]): off by \(worst)")
    }

    @Test(arguments: sets) func redshiftsOfASmallVariant(set: Int) throws {
        let redshifts = try Golden().predict(Self.engine(Repository.fixture("small-weights.h5"), set: set), batch: 64)
        let expected = try Golden.expected("small_redshift_float64")
        let worst = zip(redshifts, expected).map { abs(Double($0) - $1) }.max() ?? .nan
        #expect(redshifts.count == 64 && worst <= 1e-6, "\(InstructionSet.available[set]): off by \(worst)")
    }

    @Test(arguments: sets, Precision.allCases)
    func redshiftsDoNotDependOnBatchOrThreads(set: Int, precision: Precision) throws {
        let golden = try Golden()
        let whole = golden.predict(try Self.engine(Repository.weights, set: set, precision), batch: 64)
        for (batch, threads) in [(1, 1), (7, 1), (13, 2), (64, 3), (15, 4)] {
            let again = golden.predict(
                try Self.engine(Repository.weights, set: set, precision, threads: threads), batch: batch)
            #expect(again.map(\.bitPattern) == whole.map(\.bitPattern), "batch \(batch), \(threads) threads")
        }
    }

    @Test(arguments: sets) func everyStageOfTheFullNetwork(set: Int) throws {
        let errors = try Self.stageErrors(of: Self.engine(Repository.weights, set: set))
        let names = try File.open(Repository.fixture("stages.h5")).members().map(\.name)
        for name in names where !Self.fused.contains(name) {
            let error = try #require(errors[name], "\(name) was not observed")
            let tolerance = name.hasSuffix("magnitude_block.0") ? 2e-5 : 5e-6
            #expect(error <= tolerance, "\(name): off by \(error) of its largest number")
        }
    }

    /// The largest error of each stage that the engine shows, as a share of the stage's largest number.
    static func stageErrors(of engine: Engine) throws -> [String: Double] {
        var seen: [String: [Float]] = [:]
        var activations: [String: ObservedStage.Activation] = [:]
        engine.observe { stage in
            seen[stage.name, default: []] += stage.values
            activations[stage.name] = stage.activation
        }
        // The stages of the golden file are those of the first four galaxies.
        let golden = try Golden()
        let four = Golden(images: Array(golden.images[..<(4 * 5120)]), magnitudes: Array(golden.magnitudes[..<20]))
        seen["output"] = four.predict(engine, batch: 4)

        let stages = try File.open(Repository.fixture("stages.h5"))
        return try Dictionary(
            uniqueKeysWithValues: seen.filter { stages.contains($0.key) }.map { name, actual in
                let stage = try stages.dataset(name)
                var expected = try stage.readAll(as: Double.self).map(activations[name] ?? .none)
                if lastBlock.contains(name) { expected = expected.withoutClassToken(stage.shape) }
                if name == lastTokens { expected = expected.meanOfPatchTokens(stage.shape) }
                #expect(actual.count == expected.count, "\(name)")
                let largest = expected.map { abs($0) }.max() ?? 0
                let worst = zip(actual, expected).map { abs(Double($0) - $1) }.max() ?? .nan
                return (name, worst == 0 ? 0 : worst / largest)
            })
    }

    /// Stages that the engine never holds: norms without the scale and shift that the layer behind them took over,
    /// layers that became one with the next, the last MLP's (the mean over the tokens is taken inside of it), the
    /// opening convolution before its average pool (it pools first), the ReLU and the flattening that are part of the
    /// layers beside them. The plain network is held to these too.
    static let fused: Set<String> = [
        "blocks.0.norm1", "blocks.0.norm2", "blocks.11.norm1", "blocks.11.norm2", "fc_norm", "head", "vit_block.2",
        "inception_model.vis_inception.0", "inception_model.vis_inception.9", "inception_model.vis_inception.11",
        "inception_model.vis_inception.12", "inception_model.magnitude_block.8", "blocks.11.mlp",
    ]

    /// Stages of the last block, where nothing reads the class token any more.
    static let lastBlock: Set<String> = ["blocks.11.attn", "blocks.11.mlp.fc1"]
    /// The last tokens, of which only the mean is formed.
    static let lastTokens = "blocks.11"
}

extension Golden {
    init(images: [Float], magnitudes: [Float]) {
        self.images = images
        self.magnitudes = magnitudes
    }
}

extension Array where Element == Double {
    /// Tokens [galaxies, tokens, features] without the first of each galaxy.
    fileprivate func withoutClassToken(_ shape: [Int]) -> [Double] {
        let (tokens, features) = (shape[1], shape[2])
        return indices.filter { $0 / features % tokens > 0 }.map { self[$0] }
    }

    /// The mean of tokens [galaxies, tokens, features] but the first of each galaxy.
    fileprivate func meanOfPatchTokens(_ shape: [Int]) -> [Double] {
        let (patches, features) = (shape[1] - 1, shape[2])
        let tokens = withoutClassToken(shape)
        return (0..<shape[0] * features).map { place in
            let first = place / features * patches * features + place % features
            return (0..<patches).reduce(0) { $0 + tokens[first + $1 * features] } / Double(patches)
        }
    }

    /// The values after what the engine has fused into the stage.
    fileprivate func map(_ activation: ObservedStage.Activation) -> [Double] {
        switch activation {
        case .none: self
        case .relu: map { $0 > 0 ? $0 : 0 }
        case .gelu: map { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) }
        }
    }
}
