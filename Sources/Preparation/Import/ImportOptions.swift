/// What to import.
package struct ImportOptions: Sendable {
    /// Files of PyTorch (`.pt`, `.pth`, `.ckpt`) or NumPy (`.npz`), or one folder of them.
    package var inputs: [String]
    /// The HDF5 file of a single input, otherwise a folder.
    package var output: String
    /// The attention heads of a state dict, which does not tell them.
    package var heads: Int?
    /// Which of several networks of a file is meant, by the keys that lead to it; nil for the only one.
    package var entry: String?
    /// Tensors beside the network that its redshifts do not depend on: names, or beginnings of names up to a dot.
    package var left: [String] = []
    /// What the arrays are called.
    package var names = ArrayNames()
    /// The partitions that networks were trained on, whose ranges the weights record; or weights that have such a
    /// record.
    package var trainedOn: String?
    /// Whether files that stand under the names of the output are replaced.
    package var overwrite = false

    /// An import with the usual settings.
    package init(inputs: [String], output: String) {
        self.inputs = inputs
        self.output = output
    }
}

/// How the description of an imported file begins; its source follows.
let importedBy = "imported by photoz from "

/// Names of the arrays of an `.npz` file, of the tensors of a dictionary, or places of those in a row, counted from 0;
/// nil for those that are usual. A field of a structured array is `array:field`.
package struct ArrayNames: Sendable {
    /// Images, [N, band, y, x] or [N, y, x, band].
    package var images: String?
    /// Magnitudes, one array [N, band] or one [N] for each band.
    package var magnitudes: [String]?
    /// Spectroscopic redshifts, [N]; "none" when there are none.
    package var redshift: String?
    /// Identifiers, [N]; "none" when there are none.
    package var objectID: String?

    /// The usual names.
    package init() {}
}
