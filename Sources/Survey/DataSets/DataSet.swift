import HDF5
import PhotozExitCodes

/// A survey on disk: partition files in data-set order.
public struct DataSet: Sendable {
    /// One file and what it holds.
    public struct Partition: Sendable {
        /// Its path relative to the data set's folder.
        public let name: String
        /// Galaxies in the file.
        public let rows: Int
        /// Tells whether the file is still the same.
        public let stamp: FileStamp

        /// A file that another rank has looked at.
        public init(name: String, rows: Int, stamp: FileStamp) {
            self.name = name
            self.rows = rows
            self.stamp = stamp
        }
    }

    /// Why a data set cannot be taken.
    public enum Failure: Error, Sendable, CustomStringConvertible {
        /// A path leads nowhere, or a folder cannot be listed.
        case unreadable(path: String, reason: String)
        /// A folder holds no partitions.
        case empty(path: String)
        /// Partitions that do not go together.
        case inconsistent(String)

        /// What is wrong, and what to do.
        public var description: String {
            switch self {
            case .unreadable(let path, let reason): "\(path): \(reason)"
            case .empty(let path): "\(path): holds no partitions; they are files named *.h5, *.hdf5, *.hdf or *.he5"
            case .inconsistent(let reason): reason
            }
        }
    }

    /// The folder that names are relative to.
    public let folder: String
    /// The files, in data-set order.
    public let partitions: PartitionTable
    /// Whether any file knows redshifts.
    public let hasRedshift: Bool
    /// What identifiers the galaxies have: integers or strings only when every file that holds galaxies has them.
    public let identifiers: PartitionFile.Identifiers

    /// How identifiers that are strings are stored; nil for others.
    public let stringForm: StringForm?

    /// Columns that are carried into the results; none when there are no galaxies.
    public let kept: [KeptColumn]

    /// What the user should know about the files, although they can be used.
    public let warnings: [String]
    /// What is taken for granted because the files do not say it.
    public let assumptions: [String]

    /// Galaxies in all.
    public var rows: Int { partitions.rows }

    /// A data set that another rank has looked at.
    public init(
        folder: String, partitions: PartitionTable, hasRedshift: Bool, identifiers: PartitionFile.Identifiers,
        stringForm: StringForm? = nil, kept: [KeptColumn] = [], warnings: [String] = [], assumptions: [String] = []
    ) {
        self.kept = kept
        self.assumptions = assumptions
        self.stringForm = stringForm
        self.folder = folder
        self.partitions = partitions
        self.hasRedshift = hasRedshift
        self.identifiers = identifiers
        self.warnings = warnings
    }

    /// The path of a partition.
    public func path(of partition: Int) -> String { Self.join(folder, partitions[partition].name) }

    /// Lists a folder, or takes the files named, and opens each partition once.
    ///
    /// - Parameters:
    ///   - paths: One folder, or one or more files.
    ///   - fileLimit: Take only so many of the files, the first ones.
    ///   - schema: How the files are laid out.
    /// - Throws: ``Failure``, `HDF5Error` or ``PartitionError`` for the first file at fault.
    public static func open(_ paths: [String], fileLimit: Int? = nil, schema: PartitionSchema) throws -> DataSet {
        let (folder, all) = try list(paths)
        let names = Array(all.prefix(fileLimit ?? all.count))
        let scan = PartitionScan(of: names, in: folder, schema: schema)
        if let failure = scan.failure {
            throw explained(failure.error, folder: folder, names: names, schema: schema)
        }
        let dataSet = try DataSet(folder: folder, names: names, scan.findings, scan.entries, schema: schema)
        if let failure = scan.unfitStrings(in: dataSet) { throw failure.error }
        return dataSet
    }

    /// A data set whose partitions have been looked at.
    ///
    /// - Parameters:
    ///   - folder: The folder that names are relative to.
    ///   - names: All files that were looked at.
    ///   - findings: What was found out about all of them.
    ///   - entries: What was found of each; those that cannot be used are left out.
    ///   - schema: How the files are laid out.
    /// - Throws: ``Failure`` when the files do not go together.
    public init(
        folder: String, names: [String], _ findings: PartitionScan.Findings, _ entries: [PartitionScan.Entry],
        schema: PartitionSchema
    ) throws {
        let place = folder.isEmpty ? names.joined(separator: ", ") : folder
        try findings.requireColumns(schema, of: names, in: folder, place: place)
        try findings.identifiers.requireAgreement(schema.objectID, place: place)
        if schema.trained.bands == nil, let difference = findings.statements.differenceOfBands {
            throw Failure.inconsistent(difference)
        }
        let usable = entries.indices.filter { entries[$0].isUsable }
        self.init(
            folder: folder,
            partitions: PartitionTable(
                names: usable.map { names[$0] }, rows: usable.map { entries[$0].rows },
                stamps: usable.map { entries[$0].stamp }),
            hasRedshift: findings.hasRedshift, identifiers: findings.identifiers.common,
            stringForm: findings.identifiers.common == .strings ? findings.identifiers.form : nil,
            kept: try findings.kept.columns(place: place),
            warnings: findings.statements.warnings + Self.sameFiles(names, entries)
                + findings.identifiers.warnings(schema.objectID),
            assumptions: findings.statements.assumptions(schema))
    }

    /// Opens a partition that must be the file that it was when the data set was opened.
    ///
    /// - Throws: `HDF5Error`, or ``PartitionError`` when the file has changed.
    public func openAsBefore(_ partition: Int, schema: PartitionSchema) throws -> PartitionFile {
        let before = partitions[partition]
        let path = Self.join(folder, before.name)
        let file = try PartitionFile(path, schema: schema, folder: folder.isEmpty ? nil : folder)
        guard file.rows == before.rows, file.stamp == before.stamp else {
            throw file.changed
        }
        return file
    }

    /// Files that are taken twice, by another name or through a link: their galaxies would count twice.
    private static func sameFiles(_ names: [String], _ entries: [PartitionScan.Entry]) -> [String] {
        var seen: [PartitionScan.SystemIdentity: Int] = [:]
        seen.reserveCapacity(names.count)
        var again: [(place: Int, first: Int)] = []
        for place in names.indices {
            guard let identity = entries[place].systemIdentity else { continue }
            if let first = seen[identity] { again.append((place, first)) } else { seen[identity] = place }
        }
        // A line for a few, not one for each of a thousand.
        let texts = again.prefix(3).map {
            "\(names[$0.place]) is the same file as \(names[$0.first]): its galaxies count twice"
        }
        return texts + (again.count > 3 ? ["and \(again.count - 3) more partitions are the same file as another"] : [])
    }
}

extension DataSet.Failure: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        switch self {
        case .unreadable, .empty: .inputMissing
        case .inconsistent: .badData
        }
    }
}
