import AstroMAE
import HDF5
import Interchange
import PhotozCheckedSizes
import PhotozMachine
import PhotozText

/// A PyTorch network on its way to a weights file.
struct ImportedWeights {
    private let tensors: [(name: String, tensor: TorchTensor)]
    private let heads: Int
    private let epsilons: (layerNorm: Double?, batchNorm: Double?)
    private let source: String
    private let trainedOn: String?
    /// What was taken for granted, left out, or not understood, for people.
    let notes: [String]

    /// What it holds, for people.
    var description: String {
        "weights, \(tensors.count) tensors, \(heads) attention heads"
    }

    /// - Parameters:
    ///   - choice: The network in the file.
    ///   - file: The file.
    ///   - heads: What the user says of the attention heads.
    ///   - trainedOn: The partitions that it was trained on, or weights that say so.
    ///   - source: The file's path.
    /// - Throws: ``JobError`` with code 65 when a module differs from the published network, or a tensor has a type
    ///   that weights have not, 64 when the heads are not known; `InterchangeError` for a tensor that cannot be read.
    init(_ choice: NetworkChoice, of file: TorchFile, heads: Int?, trainedOn: String?, source: String) throws {
        tensors = try Self.tensors(choice, of: file, source: source)
        let isModule = choice.place.kind == .module
        let width = tensors.first { $0.name == "cls_token" }?.tensor.shape.last
        let check = ModuleCheck(choice.modules, width: width)
        guard check.faults.isEmpty else {
            throw JobError(
                .badData,
                "\(source): is not the published network, so its redshifts would be wrong:"
                    + check.faults.prefix(40).map { "\n  - " + $0 }.joined())
        }
        if let heads, let told = check.heads, heads != told {
            throw JobError(.wrongUsage, "\(source): has \(told) attention heads, not \(heads); leave --num-heads out")
        }
        guard let known = check.heads ?? heads else {
            throw JobError(
                .wrongUsage,
                "\(source): \(isModule ? "has no module that tells" : "is a state dict, which does not tell") the attention heads; give --num-heads (the published network has 12)"
            )
        }
        self.heads = known
        self.source = source
        self.trainedOn = trainedOn
        epsilons = (check.layerNormEpsilon, check.batchNormEpsilon)
        notes = Self.notes(choice, check, isModule: isModule)
    }

    private static func tensors(_ choice: NetworkChoice, of file: TorchFile, source: String) throws
        -> [(name: String, tensor: TorchTensor)]
    {
        var (tensors, names) = ([(name: String, tensor: TorchTensor)](), Set<String>())
        for (name, inFile) in choice.tensors {
            guard names.insert(name).inserted else {
                throw JobError(
                    .badData, "\(source): \(name) stands in it twice, as \(inFile) and without a wrapper's name")
            }
            guard let tensor = try file.tensor(inFile, of: choice.place) else { continue }
            guard
                name.hasSuffix("num_batches_tracked")
                    || [.float(bits: 16), .float(bits: 32), .bfloat16].contains(tensor.type)
            else {
                throw JobError(
                    .badData,
                    "\(source): \(inFile) holds \(tensor.type.elementType); weights are float32 or float16, convert the model with .float()"
                )
            }
            tensors.append((name, tensor))
        }
        try requireModestTensors(tensors.map(\.tensor), fileSize: file.size, source: source)
        return tensors
    }

    private static func notes(_ choice: NetworkChoice, _ check: ModuleCheck, isModule: Bool) -> [String] {
        var notes: [String] = []
        if choice.entry != "." {
            notes.append("taken from \(choice.entry)" + (choice.place.holder.map { ", a part of a \($0)" } ?? ""))
        }
        if !choice.beside.isEmpty { notes.append("left out: \(shortened(choice.beside))") }
        let taken =
            isModule
            ? check.untold
            : ["activations (exact GELU in the MLPs)", "the scale of the attention", "eps (1e-6 and 1e-5)"]
        if !taken.isEmpty {
            let who = isModule ? "no module tells" : "a state dict does not tell"
            notes.append("\(who), so taken as in the published network: \(taken.joined(separator: ", "))")
        }
        if !check.unknown.isEmpty { notes.append("not understood, and not heeded: \(shortened(check.unknown))") }
        return notes
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
        if let epsilon = epsilons.layerNorm { try file.setAttribute("layer_norm_eps", epsilon) }
        if let epsilon = epsilons.batchNorm { try file.setAttribute("batch_norm_eps", epsilon) }
        try file.setAttribute("description", importedBy + source)
        for (name, tensor) in tensors { try file.copy(tensor, to: name) }
        try file.close()
        do { try WeightsFile(path).checkValues() } catch let error as WeightsError {
            let faults = error.faults.map { "\n  - " + $0 }.joined()
            throw JobError(.badData, "\(source): is no AstroMAE redshift network that this program can run:\(faults)")
        }
        if let trainedOn { try TrainingRecord(of: trainedOn, for: path).record(in: path) }
    }
}

/// Refuses tensors that show a few numbers so often that they would fill a disk.
///
/// - Throws: ``JobError`` with code 65.
func requireModestTensors(_ arrays: [any NumberArray], fileSize: Int, source: String) throws {
    let sizes = arrays.map { CheckedSize.product($0.shape + [$0.type.size]) }
    let total = sizes.contains { $0 == nil } ? nil : CheckedSize.sum(sizes.compactMap { $0 })
    guard let total, total / 64 <= max(fileSize, 1 << 24) else {
        throw JobError(
            .badData,
            "\(source): its tensors show the same numbers over and over, and would take \(total.map(megabytes) ?? "more than any file has") as HDF5, from a file of \(megabytes(fileSize)); save them with .contiguous()"
        )
    }
}
