// How many galaxies, and rows of tokens, go through a layer together. The tiles of a product's rows are chosen by the
// kernels (CModules/CKernels/Kernels/tiles.h).

extension NetworkShape {
    /// Floats that the activations of a tile may take; those of the full network are far fewer.
    private static let budget = 64 << 20

    /// Galaxies that go through the transformer together. Weights are too many for the caches: each one that is fetched
    /// serves all of them. 17 tokens each make 34 tiles of 14 rows in AVX-512. More push the activations out of the
    /// cache.
    var tile: Int {
        let galaxy = 2 * patches * patchCount + (patches + 1) * (6 * embedding + 3 * hidden)
        return max(1, min(28, Self.budget / galaxy))
    }

    /// Galaxies that go through the heads together, whose weights are most of all.
    var headTile: Int {
        let widest = max(embedding, flattened, tokenHead.hidden, imageHead.hidden, magnitudeHead.hidden, joined)
        return max(1, min(4 * tile, Self.budget / max(4 * widest, imageCount)))
    }
}

extension NumberFormat {
    /// Rows of tokens, of `rows`, that go through an MLP together. Its weights in fewer bits fit into a core's cache
    /// beside the hidden features of some rows; a word for each they do not, and are fetched for all rows at once.
    func slab(of rows: Int) -> Int { numbersPerWord == 1 ? rows : 112 }
}
