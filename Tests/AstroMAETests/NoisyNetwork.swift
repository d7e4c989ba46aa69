import AstroMAE
import TestSupport

/// How far an engine may be from a network, found from the network itself: the plain network is computed again with
/// noise where the engine rounds, of the size of the proven bounds of that rounding.
///
/// A sum of n terms in float32 is off by at most (n + 8) units of 2^-24 of its terms: as much as weights that are each
/// off by 8 + sqrt(n) units, with signs by chance. bfloat16 rounds weights and features to half of 2^-8, bytes to half
/// a step of the largest of an output's weights or a row's features over 127. GELU is off by 1.5e-6, the rough one by
/// 2e-4.
struct NoisyNetwork {
    let network: PlainNetwork
    let precision: Precision

    /// Draws of the noise; the tolerance is four times the largest effect seen.
    static let draws = 3
    static let factor = 4.0

    /// The tolerance of redshifts, given what the network makes of the galaxies without noise.
    func tolerance(images: [PlainTensor], magnitudes: [[Double]], exact: [Double]) -> Double {
        var worst = 0.0
        for draw in 0..<Self.draws {
            let noise = Noise(seed: UInt64(1000 + draw))
            var noisy = PlainNetwork(
                tensors: network.tensors.mapValues { $0.shape.count > 1 ? weights($0, noise) : $0 },
                numHeads: network.numHeads)
            noisy.noise = { features($0, $1, noise) }
            for galaxy in images.indices {
                let image =
                    precision == .float32 ? images[galaxy] : images[galaxy].map { $0 * (1 + 0x1p-9 * noise.next()) }
                let redshift = noisy.redshift(image: image, magnitudes: magnitudes[galaxy])
                worst = max(worst, abs(redshift - exact[galaxy]))
            }
        }
        return Self.factor * worst + 0x1p-22 * (exact.map { abs($0) }.max() ?? 0)
    }

    /// [outputs, ...] as the engine stores them, or as if its sums were off.
    private func weights(_ tensor: PlainTensor, _ noise: Noise) -> PlainTensor {
        let inputs = tensor.values.count / tensor.shape[0]
        let units = 0x1p-24 * (8 + Double(inputs).squareRoot())
        var result = tensor
        for output in 0..<tensor.shape[0] {
            let row = output * inputs..<(output + 1) * inputs
            let step = (tensor.values[row].map { abs($0) }.max() ?? 0) / 254
            for index in row {
                let value = tensor.values[index]
                switch precision {
                case .float32: result.values[index] += value * units * noise.next()
                case .bfloat16: result.values[index] += value * (0x1p-9 + units) * noise.next()
                case .int8:
                    // Convolutions and patches are bfloat16, and their steps are smaller still.
                    result.values[index] += max(step, abs(value) * 0x1p-9) * noise.next()
                }
            }
        }
        return result
    }

    private func features(_ x: PlainTensor, _ name: String, _ noise: Noise) -> PlainTensor {
        let own = name.hasSuffix("mlp.fc1") ? (precision == .float32 ? 1.5e-6 : 2e-4) : 0
        let width = x.shape[x.shape.count - 1]
        var result = x
        for index in x.values.indices {
            let size: Double
            switch precision {
            case .float32: size = abs(x.values[index]) * 0x1p-22
            case .bfloat16: size = abs(x.values[index]) * 0x1p-8
            case .int8:
                let row = index / width * width..<(index / width + 1) * width
                size =
                    x.shape.count == 2
                    ? x.values[row].reduce(0) { max($0, abs($1)) } / 200 : abs(x.values[index]) * 0x1p-8
            }
            result.values[index] += (size + own) * noise.next()
        }
        return result
    }
}

/// Numbers of -1 to 1.
private final class Noise {
    private var numbers: SeededNumbers

    init(seed: UInt64) { numbers = SeededNumbers(seed: seed) }

    func next() -> Double { Double.random(in: -1...1, using: &numbers) }
}
