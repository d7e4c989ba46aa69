import HDF5

/// An open weights file whose tensors have been checked by name, shape and type; their values are checked as they are
/// read.
public final class WeightsFile: TensorSource {
    /// The file's path.
    public let path: String
    /// The sizes of the network.
    public let shape: NetworkShape
    /// Parameters of the network, without BatchNorm's counters and statistics.
    public let parameterCount: Int
    /// Tensors in the file.
    public let tensorCount: Int
    /// Free text about the network: `description`, `license` and the like, by name.
    public let texts: [(name: String, text: String)]

    /// What it says of its network in words.
    public let label: WeightsLabel

    /// What the network was trained on.
    public let training: TrainingRecord

    let file: File
    /// Faults found in values so far.
    private var valueFaults: [String] = []

    /// Opens a file and checks everything but the values.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - followsLinks: Whether links and sources of virtual data sets may lead anywhere, not only below its folder.
    /// - Throws: `HDF5Error` when the file cannot be opened, ``WeightsError`` with every fault that it has.
    public init(_ path: String, followsLinks: Bool = false) throws {
        try File.requireClosed(path)
        let file = try File.open(path, links: followsLinks ? .anywhere : nil)
        var description = try WeightsDescription(file)
        let training = description.training(of: file)
        let label = description.label(of: file)
        guard description.faults.isEmpty else { throw WeightsError(file: path, faults: description.faults) }
        self.path = path
        self.file = file
        self.training = training
        self.label = label
        shape = description.shape
        tensorCount = description.tensors.count
        parameterCount = description.inventory.required
            .filter { !$0.key.hasSuffix("running_mean") && !$0.key.hasSuffix("running_var") }
            // The opening convolution stands twice in the file and once in the network.
            .filter { !$0.key.hasPrefix("inception_model.conv2d_init.") }
            .reduce(0) { $0 + $1.value.reduce(1, *) }
        texts = ["description", "training_data", "image_units", "bands", "range_source", "license"].compactMap { name in
            WeightsLabel.line(name, of: file).map { (name, $0) }
        }
    }

    /// Reads every tensor and throws all faults of their values.
    ///
    /// - Throws: ``WeightsError`` with every fault, `HDF5Error` when the file cannot be read.
    public func checkValues() throws {
        for name in TensorInventory(shape).required.keys.sorted() { _ = try values(name) }
        try throwFaults()
        // Finite numbers may fold into others.
        _ = try PreparedNetwork(self)
    }

    /// Whether all that was read so far lies in the file itself, not in others that it leads to.
    package var isWhole: Bool { file.linkedFiles.isEmpty }

    func values(_ name: String) throws -> [Double] {
        let values = try file.dataset(name).readAll(as: Double.self)
        if let place = values.firstIndex(where: { !$0.isFinite }) {
            valueFaults.append("\(name): element \(place) is \(values[place]), not a finite number")
        } else if name.hasSuffix(".running_var"), let place = values.firstIndex(where: { $0 < 0 }) {
            valueFaults.append("\(name): element \(place) is \(values[place]); a variance is not negative")
        }
        return values
    }

    /// Throws the faults of the values that have been read.
    func throwFaults() throws {
        if valueFaults.isEmpty, try !stemsAgree() {
            valueFaults.append(
                "inception_model.conv2d_init and inception_model.vis_inception.0 differ; they are one layer")
        }
        guard valueFaults.isEmpty else {
            throw WeightsError(file: path, faults: Array(Set(valueFaults)).sorted())
        }
    }

    private func stemsAgree() throws -> Bool {
        try ["weight", "bias"].allSatisfy {
            try values("inception_model.conv2d_init.\($0)") == values("inception_model.vis_inception.0.\($0)")
        }
    }
}
