extension NetworkShape {
    /// Multiplications and additions of one forward pass, counted over the matrix products of the folded network:
    /// 0.2143 G a galaxy for the full one. What an engine does beyond that, because it folds less or pads, is its own
    /// loss; what it can spare, as this one the second layer of the last MLP for all tokens but one, its own gain (4.4
    /// M, 2 %).
    public var operationsPerGalaxy: Double { 2 * (tokenProducts + imageProducts + headProducts) }

    /// Products of the transformer.
    private var tokenProducts: Double {
        let tokens = patches + 1
        let attention = 2 * tokens * tokens * embedding
        let grouped = patches * groupedHidden * (groupInputs + groupInputs)
        let block = tokens * embedding * (4 * embedding + 2 * hidden) + attention + grouped
        return Double(patches * patchCount) * Double(embedding) + Double(depth) * Double(block)
    }

    /// Products of the Inception branch; its opening convolution sees the pooled image.
    private var imageProducts: Double {
        let opening = Double(pooledSize * pooledSize) * Double(bands * stem)
        return inceptionModules.reduce(opening) { products, sizes in
            let pixel = sizes.convolutions.reduce(0) { $0 + $1.window * $1.window * $1.inputs * $1.outputs }
            return products + Double(sizes.pixels) * Double(pixel)
        }
    }

    /// Products of the heads: each branch's last layer is one with its slice of the joining layer.
    private var headProducts: Double {
        let token = embedding * tokenHead.hidden + tokenHead.hidden * joined
        let image = flattened * imageHead.hidden + imageHead.hidden * joined
        let width = magnitudeHead.hidden
        let magnitude = magnitudeCount * width + 3 * width * width + width * joined
        return Double(token + image + magnitude + joined)
    }
}
