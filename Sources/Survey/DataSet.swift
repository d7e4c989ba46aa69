import FoundationEssentials
import Glibc
import HDF5

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

    /// A file that cannot be used, and why.
    public struct Unusable: Sendable {
        /// Its path relative to the data set's folder.
        public let name: String
        /// What is wrong with it.
        public let error: any Error
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
    public let partitions: [Partition]
    /// Whether any file knows redshifts.
    public let hasRedshift: Bool
    /// What identifiers the galaxies have: integers or strings only when every file that holds galaxies has them.
    public let identifiers: PartitionFile.Identifiers

    /// How identifiers that are strings are stored; nil for others.
    public let stringForm: StringForm?

    /// What the user should know about the files, although they can be used.
    public let warnings: [String]
    /// What is taken for granted because the files do not say it.
    public let assumptions: [String]
    /// Files that were left out because they cannot be used.
    public let unusable: [Unusable]

    /// Galaxies in all.
    public var rows: Int { partitions.reduce(0) { $0 + $1.rows } }

    /// A data set that another rank has looked at.
    public init(
        folder: String, partitions: [Partition], hasRedshift: Bool, identifiers: PartitionFile.Identifiers,
        stringForm: StringForm? = nil, warnings: [String] = [], assumptions: [String] = [], unusable: [Unusable] = []
    ) {
        self.assumptions = assumptions
        self.stringForm = stringForm
        self.folder = folder
        self.partitions = partitions
        self.hasRedshift = hasRedshift
        self.identifiers = identifiers
        self.warnings = warnings
        self.unusable = unusable
    }

    /// The path of a partition.
    public func path(of partition: Int) -> String { Self.join(folder, partitions[partition].name) }

    /// Lists a folder, or takes the files named, and opens each partition once.
    ///
    /// - Parameters:
    ///   - paths: One folder, or one or more files.
    ///   - fileLimit: Take only so many of the files, the first ones.
    ///   - schema: How the files are laid out.
    ///   - skipsUnusable: Whether files at fault are left out, as long as there are others.
    /// - Throws: ``Failure``, `HDF5Error` or ``PartitionError`` for the first file at fault.
    public static func open(
        _ paths: [String], fileLimit: Int? = nil, schema: PartitionSchema, skipsUnusable: Bool = false
    ) throws -> DataSet {
        let (folder, all) = try list(paths)
        return try open(
            folder: folder, names: Array(all.prefix(fileLimit ?? all.count)), schema: schema,
            skipsUnusable: skipsUnusable)
    }

    /// Opens each of the named partitions of a folder once.
    ///
    /// - Throws: ``Failure``, `HDF5Error` or ``PartitionError`` for the first file at fault.
    public static func open(
        folder: String, names: [String], schema: PartitionSchema, skipsUnusable: Bool = false
    ) throws -> DataSet {
        var unusable: [Unusable] = []
        var statements = Statements()
        let files = try names.compactMap { name -> Look? in
            do { return try Look(at: name, in: folder, schema: schema, &statements) } catch {
                guard skipsUnusable else { throw explained(error, folder: folder, names: names, schema: schema) }
                unusable.append(Unusable(name: name, error: error))
                return nil
            }
        }
        if files.isEmpty, let first = unusable.first { throw first.error }
        let columns: [(option: String, name: String, isMissing: Bool)] = [
            ("--redshift", schema.redshift, schema.requiresRedshift && !files.contains(where: \.hasRedshift)),
            (
                "--object-id", schema.objectID,
                schema.requiresObjectID && !files.contains { $0.identifiers.kind != .none }
            ),
        ]
        if let lacking = columns.first(where: \.isMissing) {
            let place = folder.isEmpty ? names.joined(separator: ", ") : folder
            let first = try? File.open(files[0].identifiers.path, links: links(of: schema, in: folder))
            let entries = first.flatMap { EntryListing(of: $0).text(near: [lacking.name]) } ?? "nothing"
            throw Failure.inconsistent(
                "\(place): no partition has a data set \"\(lacking.name)\", which \(lacking.option) names; without \(lacking.option) the run does without. \(files[0].partition.name) has \(entries)"
            )
        }
        let sources = files.filter { $0.partition.rows > 0 }.map(\.identifiers)
        let common: CommonIdentifiers
        do {
            common = try CommonIdentifiers(sources, name: schema.objectID) {
                try PartitionFile($0.path, schema: schema, folder: folder.isEmpty ? nil : folder)
            }
        } catch Failure.inconsistent(let reason) {
            throw Failure.inconsistent("\(folder.isEmpty ? names.joined(separator: ", ") : folder): \(reason)")
        }
        if schema.trained.bands == nil, let difference = statements.differenceOfBands {
            throw Failure.inconsistent(difference)
        }
        var warnings = statements.warnings + sameFiles(files.map(\.partition.name), in: folder)
        if common.kind == .none, sources.contains(where: { $0.kind != .none }),
            let without = sources.first(where: { $0.kind == .none })
        {
            warnings.append(
                "\(without.name) has no \(schema.objectID): the predictions carry none, although others have it")
        }
        return DataSet(
            folder: folder, partitions: files.map(\.partition), hasRedshift: files.contains(where: \.hasRedshift),
            identifiers: common.kind, stringForm: common.form, warnings: warnings,
            assumptions: statements.assumptions(schema), unusable: unusable)
    }

    /// What opening a partition has shown.
    private struct Look {
        let partition: Partition
        let hasRedshift: Bool
        let identifiers: CommonIdentifiers.Source

        init(at name: String, in folder: String, schema: PartitionSchema, _ statements: inout Statements) throws {
            let path = join(folder, name)
            guard !FolderListing.isLossy(name, in: folder) else {
                throw PartitionError(
                    file: path, faults: ["has a name that is not UTF-8, and results could not name it; rename the file"]
                )
            }
            try File.requireClosed(path)
            let file = try PartitionFile(path, schema: schema, folder: folder.isEmpty ? nil : folder)
            // Integers are as quickly read as checked; strings are read when they are written.
            if file.identifiers.areIntegers { try file.forEachIdentifiers() }
            if file.rows > 0 { statements.add(file.statement, file.warnings, of: name) }
            partition = Partition(name: name, rows: file.rows, stamp: file.stamp)
            hasRedshift = file.hasRedshift
            identifiers = CommonIdentifiers.Source(
                name: name, path: path, kind: file.identifiers, form: file.objectID?.stringForm)
        }
    }

    /// Opens a partition that must be the file that it was when the data set was opened.
    ///
    /// - Throws: `HDF5Error`, or ``PartitionError`` when the file has changed.
    public func openAsBefore(_ partition: Int, schema: PartitionSchema) throws -> PartitionFile {
        let (path, before) = (path(of: partition), partitions[partition])
        let file = try PartitionFile(path, schema: schema, folder: folder.isEmpty ? nil : folder)
        guard file.rows == before.rows, file.stamp == before.stamp else {
            throw PartitionError(
                file: path,
                faults: ["was changed after the job started; start the job again when the file is as it shall be"])
        }
        return file
    }

    /// Files that are taken twice, by another name or through a link: their galaxies would count twice.
    private static func sameFiles(_ names: [String], in folder: String) -> [String] {
        var seen: [UInt64: String] = [:]
        return names.compactMap { name in
            var status = stat()
            guard stat(join(folder, name), &status) == 0 else { return nil }
            let identity = UInt64(status.st_ino) ^ UInt64(status.st_dev) << 48
            defer { seen[identity] = seen[identity] ?? name }
            return seen[identity].map { "\(name) is the same file as \($0): its galaxies count twice" }
        }
    }

    /// The folder, and the names of the partitions in it; an empty one where files are named.
    ///
    /// - Throws: ``Failure`` when a path leads nowhere or a folder holds none.
    public static func list(_ paths: [String]) throws -> (folder: String, names: [String]) {
        var isFolder = false
        for path in paths {
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw Failure.unreadable(path: path, reason: "there is no such file or folder")
            }
            guard !isFolder || paths.count == 1 else {
                throw Failure.unreadable(path: path, reason: "is a folder; give one folder, or files only")
            }
        }
        guard isFolder, let folder = paths.first else { return ("", paths) }
        return (folder, try names(in: folder))
    }

    /// The partitions of a folder by their names, in data-set order.
    ///
    /// - Throws: ``Failure`` when the folder cannot be listed or holds none.
    public static func names(in folder: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder) else {
            throw Failure.unreadable(path: folder, reason: "there is no such folder")
        }
        guard let entries = FolderListing.names(of: folder) else {
            throw Failure.unreadable(path: folder, reason: "cannot be listed; check its permissions")
        }
        // As MultimodalUniverse keeps its surveys: a folder for each part of the sky.
        let parts = entries.filter { $0.hasPrefix("healpix=") }
        let inParts = parts.flatMap { part in
            (FolderListing.names(of: join(folder, part)) ?? [])
                .filter { isPartition($0, in: join(folder, part)) }.map { part + "/" + $0 }
        }
        let names = entries.filter { isPartition($0, in: folder) } + inParts
        guard !names.isEmpty else { throw Failure.empty(path: folder) }
        return names.sorted(by: NaturalOrder.precedes)
    }

    /// Whether an entry of a folder is a partition: by its ending, or by one that HDF5 files have elsewhere, in letters of
    /// either case, when it begins as they do.
    private static func isPartition(_ name: String, in folder: String) -> Bool {
        // What is hidden, and what a job that was killed left unfinished.
        guard !name.hasPrefix("."), !name.hasPrefix("inprogress_") else { return false }
        if name.hasSuffix(".h5") || name.hasSuffix(".hdf5") { return true }
        let ending = name.lowercased()
        guard [".h5", ".hdf5", ".hdf", ".he5"].contains(where: { ending.hasSuffix($0) }) else { return false }
        var status = stat()
        // The library would wait for the writer of a pipe.
        return stat(join(folder, name), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && File.isHDF5(join(folder, name))
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }
}
