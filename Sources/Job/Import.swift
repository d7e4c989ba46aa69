import Collectives
import FoundationEssentials
import Glibc
import Interchange
import Survey

/// What to import.
public struct ImportOptions: Sendable {
    /// Files of PyTorch (`.pt`, `.pth`) or NumPy (`.npz`), or one folder of them.
    public var inputs: [String]
    /// The HDF5 file of a single input, otherwise a folder.
    public var output: String
    /// The attention heads of a state dict, which does not tell them.
    public var heads: Int?
    /// What the arrays of an `.npz` file are called.
    public var names = ArrayNames()
    /// The partitions that networks were trained on, whose ranges the weights record; or weights that have such a record.
    public var trainedOn: String?
    /// Whether files that stand under the names of the output are replaced.
    public var overwrite = false

    /// An import with the usual settings.
    public init(inputs: [String], output: String) {
        self.inputs = inputs
        self.output = output
    }
}

/// How the description of an imported file begins; its source follows.
let importedBy = "imported by photoz from "

/// Names of the arrays of an `.npz` file; nil for those that are usual.
public struct ArrayNames: Sendable {
    /// Images, [N, band, y, x] or [N, y, x, band].
    public var images: String?
    /// Magnitudes, one array [N, band] or one [N] for each band.
    public var magnitudes: [String]?
    /// Spectroscopic redshifts, [N].
    public var redshift: String?
    /// Identifiers, [N].
    public var objectID: String?

    /// The usual names.
    public init() {}
}

/// Turns files of PyTorch and NumPy into partitions and weights, each rank its share of the files.
public struct Import {
    private let options: ImportOptions
    private let world: Communicator?

    /// - Parameters:
    ///   - options: What to import; the same on every rank.
    ///   - world: All ranks; nil without MPI, whose start takes longer than the import of a file.
    public init(_ options: ImportOptions, world: Communicator? = nil) {
        self.options = options
        self.world = world
    }

    /// An input and the file that it becomes.
    private struct Task: Codable {
        let input: String
        let output: String
    }

    /// Imports the files; every rank calls it.
    ///
    /// - Returns: On rank 0 a line for people.
    /// - Throws: Whatever stops this rank; a file stands under its final name only when it is whole.
    public func run() throws -> String? {
        let start = ContinuousClock.now
        let (rank, size) = (world?.rank ?? 0, world?.size ?? 1)
        let planned = rank == 0 ? try plan() : nil
        let tasks = try world?.share(planned) ?? planned ?? []
        var (lines, rows) = ([String](), 0)
        for index in stride(from: rank, to: tasks.count, by: size) {
            let imported = try self.import(tasks[index])
            lines.append("\(tasks[index].output): \(imported.description)")
            rows += imported.galaxies
        }
        let galaxies = try world?.allReduce(rows, .sum) ?? rows
        guard rank == 0 else { return nil }
        for folder in Set(tasks.map { OutputPlace.parent(of: $0.output) }) { try synchronise(folder) }
        if tasks.count == 1 { return lines[0] }
        let seconds = decimal((ContinuousClock.now - start).seconds, 2)
        return "\(tasks.count) files, \(galaxies) galaxies in \(seconds) s: \(options.output)"
    }

    // MARK: What becomes what

    private func plan() throws -> [Task] {
        let inputs = try files()
        if inputs.count == 1, !isFolder(options.inputs[0]), isHDF5(options.output) {
            let folder = URL(filePath: options.output).deletingLastPathComponent().path
            try OutputFolder.make(folder)
            return try checked([Task(input: inputs[0], output: options.output)])
        }
        guard !isHDF5(options.output) else {
            throw JobError(
                .wrongUsage, "--output \(options.output): is one file for \(inputs.count) inputs; give a folder")
        }
        try OutputFolder.make(options.output)
        return try checked(
            inputs.map { input in
                let name = URL(filePath: input).deletingPathExtension().lastPathComponent
                return Task(input: input, output: options.output + "/" + name + ".h5")
            })
    }

    private func checked(_ tasks: [Task]) throws -> [Task] {
        var sources: [String: String] = [:]
        for task in tasks {
            if let other = sources.updateValue(task.input, forKey: task.output) {
                throw JobError(.wrongUsage, "\(other) and \(task.input) would both become \(task.output); rename one")
            }
            if access(task.output, F_OK) == 0, !options.overwrite {
                throw JobError(
                    .outputRefused,
                    "\(task.output): is there already; choose another output, or give --overwrite to replace it")
            }
            try Self.ownFile.requireReplaceable(task.output)
        }
        return tasks
    }

    private func files() throws -> [String] {
        for path in options.inputs {
            guard access(path, F_OK) == 0 else {
                throw JobError(.inputMissing, "\(path): there is no such file or folder")
            }
            guard options.inputs.count == 1 || !isFolder(path) else {
                throw JobError(.wrongUsage, "\(path): is a folder; give one folder, or files only")
            }
        }
        guard let folder = options.inputs.first, isFolder(folder) else { return options.inputs }
        guard let entries = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw JobError(.inputMissing, "\(folder): cannot be listed; check its permissions")
        }
        let names = entries.filter { name in
            [".pt", ".pth", ".npz"].contains { name.hasSuffix($0) } && !name.hasPrefix(".")
        }
        guard !names.isEmpty else {
            throw JobError(.inputMissing, "\(folder): holds nothing to import; files are named *.pt, *.pth or *.npz")
        }
        return names.sorted(by: NaturalOrder.precedes).map { folder + "/" + $0 }
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func isHDF5(_ path: String) -> Bool { path.hasSuffix(".h5") || path.hasSuffix(".hdf5") }

    // MARK: One file

    /// What an import before has left.
    private static let ownFile = OwnFile.hdf5(
        "a file that photoz import wrote", attribute: "description", beginning: importedBy)

    private func `import`(_ task: Task) throws -> (description: String, galaxies: Int) {
        if task.input.hasSuffix(".npz") {
            let galaxies = try ImportedPartition(NumPyFile(task.input), names: options.names, source: task.input)
            return try write(galaxies, to: task.output)
        }
        switch try TorchFile(task.input).content() {
        case .dataSet(let tensors):
            return try write(ImportedPartition(tensors, source: task.input), to: task.output)
        case .model(let model):
            let weights = try ImportedWeights(
                model, heads: options.heads, trainedOn: options.trainedOn, source: task.input)
            try writeWhole(task.output, replacing: Self.ownFile) { try weights.write(to: $0) }
            return (weights.description, 0)
        }
    }

    private func write(_ galaxies: ImportedPartition, to path: String) throws -> (String, Int) {
        try writeWhole(path, replacing: Self.ownFile) { try galaxies.write(to: $0) }
        return (galaxies.description, galaxies.count)
    }
}
