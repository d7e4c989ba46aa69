import Survey

/// How the galaxies of a run lie in its partitions, as its command and its weights say.
package struct RunInputs {
    /// The layout of the partitions, for the network.
    let schema: PartitionSchema
    /// What could not be found out, one sentence each.
    let notes: [String]

    package init(schema: PartitionSchema, notes: [String] = []) {
        (self.schema, self.notes) = (schema, notes)
    }

    /// Finds that of a run.
    package typealias Finder = (RunOrigin) throws -> RunInputs
}

/// What a run says of where its results come from.
package struct RunOrigin {
    /// The command, program and all.
    package let commandLine: [String]
    /// The weights, which may no longer be there.
    package let weights: String
    /// SHA-256 of the weights.
    package let weightsHash: String
    /// The first of the partitions that are still there.
    package let firstPartition: String?
}

/// Where the partitions of a run are.
struct PartitionPaths {
    /// The folder that links may not leave; nil for the folder of each file.
    private(set) var folder: String?
    private let names: [String]
    /// Where relative paths begin.
    private let base: String
    private let origin: RunRecord.Results.Provenance

    /// - Parameter stored: The names that the predictions have, for results that do not tell them.
    init(_ origin: RunRecord.Results.Provenance, stored: [String]) {
        self.origin = origin
        names = origin.partitions ?? stored
        let data = origin.data ?? []
        // A run names the partitions of a folder without it, and files as they were given.
        let isFolder = data.count == 1 && names != data
        // The folder where the run was begun, unless the data came along to where the report is made.
        let start = origin.workingDirectory ?? ""
        let first = isFolder ? data.first ?? "" : names.first ?? ""
        base = !start.isEmpty && (fileIsThere(Self.join(start, first)) || !fileIsThere(first)) ? start : ""
        folder = isFolder ? Self.join(base, first) : nil
    }

    var count: Int { names.count }

    func name(_ partition: Int) -> String { names[partition] }

    func path(_ partition: Int) -> String { Self.join(folder ?? base, names[partition]) }

    /// What finds out how the partitions lie.
    var runOrigin: RunOrigin {
        let first = names.indices.prefix(64).lazy.map(path).first(where: fileIsThere)
        return RunOrigin(
            commandLine: origin.commandLine, weights: Self.join(base, origin.weights),
            weightsHash: origin.weightsHash, firstPartition: first)
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty || name.hasPrefix("/") ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }
}
