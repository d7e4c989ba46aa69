import Glibc
import PhotozCheckedSizes

/// What a network takes of memory, by checked arithmetic: nothing else is computed from a file's sizes before this
/// fits.
extension NetworkShape {
    /// An array of a network: what needs it, and its 32-bit words; nil when they cannot be counted.
    typealias Claim = (name: String, words: Int?)

    /// Bytes of this computer's memory.
    package static var physicalMemory: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

    /// The fault of a network that does not fit into memory; nil when it does.
    package func memoryFault(_ available: Int = physicalMemory) -> String? {
        let claims = weightClaims + activationClaims
        // What cannot be counted is larger than all else.
        let bytes = CheckedSize.sum(claims.map { $0.words ?? .max }).flatMap { CheckedSize.product($0, 4) }
        if let bytes, bytes <= available { return nil }
        let largest = claims.max { ($0.words ?? .max) < ($1.words ?? .max) }!
        let needed = bytes.map { "\(Self.gigabytes($0)) GB" } ?? "more than can be counted"
        return "\(largest.name): the network needs \(needed) of memory for its weights and the activations of one "
            + "galaxy, most of it here; this computer has \(Self.gigabytes(available)) GB"
    }

    private static func gigabytes(_ bytes: Int) -> Double { (Double(bytes) / 1e8).rounded() / 10 }

    /// Packed weights, and as much again in float64 for the largest tensors while they are folded.
    private var weightClaims: [Claim] {
        let block: [Claim] = [
            ("blocks.0.attn.qkv.weight", CheckedSize.product(4, embedding, embedding)),
            ("blocks.0.mlp.fc1.weight", CheckedSize.product(2, embedding, hidden)),
            ("blocks.0.PCM.0.weight", CheckedSize.product(2, groupedHidden, groupInputs)),
        ]
        let modules: [Claim] = inceptionModules.map { sizes in
            let weights = sizes.storedConvolutions.map {
                CheckedSize.product($0.window, $0.window, $0.inputs, $0.outputs) ?? .max
            }
            return (sizes.module.name, CheckedSize.sum(weights))
        }
        let last = lastInceptionModule
        return block.map { ($0.name, $0.words.flatMap { CheckedSize.product($0, depth) }) } + modules + [
            ("patch_embed.proj.weight", CheckedSize.product(bands, patch, patch, embedding)),
            ("pos_embed", CheckedSize.product(patches + 1, embedding)),
            ("head.weight", CheckedSize.product(4, embedding, embedding)),
            ("vit_block.0.weight", CheckedSize.product(2, embedding, tokenHead.hidden)),
            ("vit_block.2.weight", CheckedSize.product(2, tokenHead.hidden, tokenHead.output)),
            ("inception_model.vis_inception.0.weight", CheckedSize.product(bands, stem)),
            (
                "inception_model.vis_inception.10.weight",
                CheckedSize.product(last.size, last.size, last.outputs, imageHead.hidden)
            ),
            ("inception_model.vis_inception.12.weight", CheckedSize.product(2, imageHead.hidden, imageHead.output)),
            (
                "inception_model.magnitude_block.2.weight",
                CheckedSize.product(8, magnitudeHead.hidden, magnitudeHead.hidden)
            ),
            (
                "inception_model.magnitude_block.8.weight",
                CheckedSize.product(2, magnitudeHead.hidden, magnitudeHead.output)
            ),
            (
                "concat_block.0.weight",
                CheckedSize.product(2, joined, tokenHead.output + imageHead.output + magnitudeHead.output)
            ),
        ]
    }

    /// Activations of one galaxy.
    private var activationClaims: [Claim] {
        let widest = inceptionModules.map { max($0.inputs, $0.outputs) }.max() ?? 0
        return [
            ("patch_embed.proj.weight, pos_embed", CheckedSize.product(imageSize, imageSize, bands, 4)),
            ("pos_embed", CheckedSize.product(patches + 1, 7, embedding)),
            ("pos_embed", CheckedSize.product(patches + 1, 2, 6 * 16)),
            ("blocks.0.mlp.fc1.weight", CheckedSize.product(patches + 1, 3, hidden)),
            ("inception_model.vis_inception.2", CheckedSize.product(imageSize, imageSize, widest, 2)),
        ]
    }
}
