import Collectives
import FoundationEssentials
import Glibc
import Interchange
import PhotozMachine
import PhotozText
import Survey

/// Turns files of PyTorch and NumPy into partitions and weights, each rank its share of the files.
package struct Import {
    private let options: ImportOptions
    private let world: Communicator?

    /// - Parameters:
    ///   - options: What to import; the same on every rank.
    ///   - world: All ranks; nil without MPI, whose start takes longer than the import of a file.
    package init(_ options: ImportOptions, world: Communicator? = nil) {
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
    /// - Returns: On rank 0 lines for people: what was made, and what was left out or taken for granted.
    /// - Throws: Whatever stops this rank; a file stands under its final name only when it is whole.
    package func run() throws -> String? {
        let start = ContinuousClock.now
        let (rank, size) = (world?.rank ?? 0, world?.size ?? 1)
        let planned = rank == 0 ? try plan() : nil
        let tasks = try world?.broadcastValue(planned?.tasks) ?? planned?.tasks ?? []
        var (line, rows, notes) = ("", 0, ImportNotes())
        for index in stride(from: rank, to: tasks.count, by: size) {
            let imported = try self.import(tasks[index], isAlone: tasks.count == 1)
            line = "\(tasks[index].output): \(imported.description)"
            rows += imported.galaxies
            notes.add(imported.notes, of: tasks[index].input)
        }
        let galaxies = try world?.allReduce(rows, .sum) ?? rows
        try world.map { try notes.gather($0) }
        guard rank == 0 else { return nil }
        for folder in Set(tasks.map { OutputPlace.parent(of: $0.output) }) { try synchronise(folder) }
        if tasks.count > 1 {
            let seconds = decimal((ContinuousClock.now - start).seconds, 2)
            line = "\(tasks.count) files, \(galaxies) galaxies in \(seconds) s: \(options.output)"
        }
        return ([line] + notes.lines(files: tasks.count) + (planned?.notes ?? [])).joined(separator: "\n")
    }

    // MARK: What becomes what

    private func plan() throws -> (tasks: [Task], notes: [String]) {
        let (inputs, notes) = try files()
        return (try plan(inputs), notes)
    }

    private func plan(_ inputs: [String]) throws -> [Task] {
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

    private func files() throws -> (paths: [String], notes: [String]) {
        for path in options.inputs {
            guard access(path, F_OK) == 0 else {
                throw JobError(.inputMissing, "\(path): there is no such file or folder")
            }
            guard options.inputs.count == 1 || !isFolder(path) else {
                throw JobError(.wrongUsage, "\(path): is a folder; give one folder, or files only")
            }
        }
        guard let folder = options.inputs.first, isFolder(folder) else { return (options.inputs, []) }
        guard let entries = FolderListing.names(of: folder) else {
            throw JobError(.inputMissing, "\(folder): cannot be listed; check its permissions")
        }
        let visible = NaturalOrder.sorted(entries.filter { !$0.hasPrefix(".") })
        let names = visible.filter { name in Self.endings.contains { name.lowercased().hasSuffix($0) } }
        guard !names.isEmpty else {
            throw JobError(
                .inputMissing,
                "\(folder): holds nothing to import; files are named \(Self.endings.map { "*" + $0 }.joined(separator: ", "))"
            )
        }
        let others = visible.filter { !names.contains($0) }
        return (
            names.map { folder + "/" + $0 }, others.isEmpty ? [] : ["  passed over in \(folder): \(shortened(others))"]
        )
    }

    /// How files of PyTorch and NumPy are named.
    private static let endings = [".pt", ".pth", ".ckpt", ".npz"]

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private func isHDF5(_ path: String) -> Bool {
        [".h5", ".hdf5", ".hdf", ".he5"].contains { path.lowercased().hasSuffix($0) }
    }

    // MARK: One file

    /// What an import before has left.
    private static let ownFile = OwnFile.hdf5(
        "a file that photoz import wrote", attribute: "description", beginning: importedBy)

    private func `import`(_ task: Task, isAlone: Bool) throws -> Imported {
        // Of a zip file only its list of entries tells what it is, which its reader looks at.
        let kind = FileKind(of: task.input)
        if kind != .zip, let words = kind.insteadOfImport {
            throw JobError(.badData, "\(task.input): \(words)")
        }
        // By what it holds: a checkpoint may be named anything.
        guard try !NumPyFile.isOne(task.input) else {
            let arrays = try NamedArrays(NumPyFile(task.input), source: task.input)
            return try write(ImportedPartition(arrays, names: options.names), to: task.output, notes: unused(isAlone))
        }
        let file = try TorchFile(task.input)
        let places = try file.places()
        let networks = NetworkChoice.all(in: places)
        let partitions = PartitionChoice.all(in: places, options.names)
        if networks.isEmpty || isPartition(partitions) {
            let place = try PartitionChoice.choose(partitions, options.entry, of: file, places, source: task.input)
            let arrays = NamedArrays(place, of: file, source: task.input)
            let galaxies = try ImportedPartition(arrays, names: options.names)
            try galaxies.requireModest(fileSize: file.size)
            return try write(galaxies, to: task.output, notes: uncalled(file) + unused(isAlone))
        }
        let choice = try NetworkChoice.choose(networks, options.entry, leaving: options.left, source: task.input)
        if isAlone { try requireNoColumns(task) }
        let weights = try ImportedWeights(
            choice, of: file, heads: options.heads, trainedOn: options.trainedOn, source: task.input)
        try writeWhole(task.output, replacing: Self.ownFile) { try weights.write(to: $0) }
        return Imported(description: weights.description, galaxies: 0, notes: weights.notes + uncalled(file))
    }

    /// Whether the galaxies of a file are meant although a network is in it as well.
    private func isPartition(_ partitions: [TorchPlace]) -> Bool {
        options.names.images != nil && !partitions.isEmpty
    }

    /// What one file has become.
    private struct Imported {
        let description: String
        let galaxies: Int
        let notes: [String]
    }

    /// What a file asks to call, none of which was.
    private func uncalled(_ file: TorchFile) -> [String] {
        file.calls.isEmpty ? [] : ["not run, and not needed: \(shortened(file.calls, 40))"]
    }

    /// Options that say nothing about the one file that there is, when it holds galaxies.
    private func unused(_ isAlone: Bool) -> [String] {
        let given = [
            options.heads == nil ? nil : "--num-heads", options.left.isEmpty ? nil : "--leave-out",
            options.trainedOn == nil ? nil : "--trained-on",
        ]
        return isAlone ? given.compactMap { $0 }.map { "\($0) says nothing about galaxies, and was not heeded" } : []
    }

    /// Refuses names of columns for the one file that there is, when it holds a network.
    private func requireNoColumns(_ task: Task) throws {
        let names = options.names
        let given = [
            names.images == nil ? nil : "--images", names.magnitudes == nil ? nil : "--magnitudes",
            names.redshift == nil ? nil : "--redshift", names.objectID == nil ? nil : "--object-id",
        ]
        guard let option = given.compactMap({ $0 }).first else { return }
        throw JobError(
            .wrongUsage,
            "\(task.input): holds a network, which has no column for \(option) to name; leave the option out")
    }

    private func write(_ galaxies: ImportedPartition, to path: String, notes: [String] = []) throws -> Imported {
        try writeWhole(path, replacing: Self.ownFile) { try galaxies.write(to: $0) }
        return Imported(
            description: galaxies.description, galaxies: galaxies.count, notes: galaxies.notes + notes)
    }
}
