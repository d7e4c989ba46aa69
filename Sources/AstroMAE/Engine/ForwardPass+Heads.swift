import CKernels

/// A step of up to a head tile of galaxies through the heads of the three branches, and the output that joins them.
enum HeadStep {
    /// Hidden features of the mean patch tokens.
    case tokens
    /// Hidden features of the flattened Inception branch.
    case image
    /// The first layer on the magnitudes, and those behind it.
    case magnitudes
    case magnitudeLayer(Int)
    /// Adds the hidden features of a branch (tokens, image, magnitudes) to the joined features; the last one brings the
    /// ReLU.
    case joining(branch: Int)
    /// The redshifts.
    case output

    /// All steps, in their order.
    static func all(of layout: NetworkLayout) -> [HeadStep] {
        [.tokens, .joining(branch: 0), .image, .joining(branch: 1), .magnitudes]
            + layout.magnitudeHead.indices.map { .magnitudeLayer($0) } + [.joining(branch: 2), .output]
    }
}

extension ForwardPass {
    /// Performs a step.
    func perform(_ step: HeadStep, on galaxies: Galaxies) {
        let count = galaxies.count
        switch step {
        case .tokens:
            normalise(workspace.pooled.computed, into: workspace.pooled.stored, rows: count)
            multiply(
                layout.tokenHead, workspace.pooled.stored, into: features(of: layout.tokenHead).computed, rows: count,
                activation: CK_RELU)
        case .image:
            multiply(
                layout.imageHead, store(workspace.flat, rows: count), into: features(of: layout.imageHead).computed,
                rows: count, activation: CK_RELU)
        case .magnitudes: runFirstMagnitudeLayer(galaxies)
        case .magnitudeLayer(let index):
            multiply(
                layout.magnitudeHead[index], store(magnitudeFeatures(layer: index), rows: count),
                into: magnitudeFeatures(layer: index + 1).computed, rows: count, activation: CK_RELU)
        case .joining(let branch):
            let isLast = branch == layout.joining.count - 1
            multiply(
                layout.joining[branch], store(features(ofBranch: branch), rows: count), into: workspace.joined,
                rows: count, activation: isLast ? CK_RELU : CK_IDENTITY, accumulate: branch > 0)
        case .output:
            multiply(layout.output, workspace.joined, into: Rows(galaxies.redshifts, stride: 1), rows: count)
        }
    }

    /// What a layer makes that takes none of the features.
    func features(of dense: NetworkLayout.Dense) -> Activations { workspace.features[0].first(dense.outputs) }

    /// What a layer makes of the magnitudes, from the first one on, 0; each takes what the one before it made.
    func magnitudeFeatures(layer: Int) -> Activations {
        if layer == 0 { return workspace.magnitudes.first(layout.magnitudes.outputs) }
        return workspace.features[layer % 2].first(layout.magnitudeHead[layer - 1].outputs)
    }

    /// What the joining layer takes of a branch.
    private func features(ofBranch branch: Int) -> Activations {
        switch branch {
        case 0: features(of: layout.tokenHead)
        case 1: features(of: layout.imageHead)
        default: magnitudeFeatures(layer: layout.magnitudeHead.count)
        }
    }

    /// Magnitudes near 17 carry their information in differences of 0.01: large terms cancel, hence float64 sums.
    private func runFirstMagnitudeLayer(_ galaxies: Galaxies) {
        let (dense, features) = (layout.magnitudes, magnitudeFeatures(layer: 0).computed)
        kernels.wide_linear(
            galaxies.magnitudes, galaxies.count, dense.inputs, network.floats(dense.weight),
            network.floats(dense.bias), features.floats, features.stride, dense.outputs, CK_RELU)
    }
}
