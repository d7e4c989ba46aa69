import AstroMAE
import HDF5
import Interchange

/// A PyTorch model on its way to a weights file.
struct ImportedWeights {
    private let model: TorchModel
    private let heads: Int
    private let source: String
    private let trainedOn: String?

    /// What it holds, for people.
    var description: String {
        "weights, \(model.tensors.count) tensors, \(heads) attention heads"
    }

    /// - Parameters:
    ///   - model: Its tensors.
    ///   - heads: What the user says of the attention heads.
    ///   - trainedOn: The partitions that it was trained on, or weights that say so.
    ///   - source: The model's file.
    /// - Throws: ``JobError`` with code 65 when the heads are not known, or a tensor has a type that weights have not.
    init(_ model: TorchModel, heads: Int?, trainedOn: String? = nil, source: String) throws {
        if let heads, let told = model.heads, heads != told {
            throw JobError(.wrongUsage, "\(source): has \(told) attention heads, not \(heads); leave --num-heads out")
        }
        guard let known = model.heads ?? heads else {
            throw JobError(
                .wrongUsage,
                "\(source): is a state dict, which does not tell the attention heads; give --num-heads (the published network has 12)"
            )
        }
        self.model = model
        self.heads = known
        self.source = source
        self.trainedOn = trainedOn
        for (name, tensor) in model.tensors where !name.hasSuffix("num_batches_tracked") {
            guard [.float(bits: 16), .float(bits: 32), .bfloat16].contains(tensor.type) else {
                throw JobError(
                    .badData,
                    "\(source): \(name) holds \(tensor.type.elementType); weights are float32 or float16, convert the model with .float()"
                )
            }
        }
    }

    /// Writes the weights file and checks it as `photoz run` would.
    ///
    /// - Throws: ``JobError`` with code 65 that lists all faults, `InterchangeError` when the source cannot be read,
    ///   `HDF5Error` when the file cannot be written.
    func write(to path: String) throws {
        let file = try File.create(path)
        try file.setAttribute("format", "astromae")
        try file.setAttribute("format_version", Int64(1))
        try file.setAttribute("num_heads", Int64(heads))
        if let epsilon = model.layerNormEpsilon { try file.setAttribute("layer_norm_eps", epsilon) }
        if let epsilon = model.batchNormEpsilon { try file.setAttribute("batch_norm_eps", epsilon) }
        try file.setAttribute("description", importedBy + source)
        for (name, tensor) in model.tensors { try file.copy(tensor, to: name) }
        try file.close()
        do { try WeightsFile(path).checkValues() } catch let error as WeightsError {
            let faults = error.faults.map { "\n  - " + $0 }.joined()
            throw JobError(.badData, "\(source): is no AstroMAE redshift network that this program can run:\(faults)")
        }
        if let trainedOn { try TrainingRecord(of: trainedOn, for: path).record(in: path) }
    }
}
