import Glibc
import HDF5

/// What looking at some neighbouring partitions of a data set has found: each rank looks at some of them.
public struct PartitionScan {
    /// What was found of one partition, for another rank to put together.
    public struct Entry: BitwiseCopyable {
        /// Galaxies; -1 for a file that cannot be used.
        let rows: Int
        /// Tells whether the file is still the same.
        let stamp: FileStamp
        /// Which file it is for the system, whatever its names; nil for one that is not there.
        public let systemIdentity: SystemIdentity?

        /// Whether the file is a part of the data set.
        public var isUsable: Bool { rows >= 0 }

        /// - Parameters:
        ///   - file: What stands at the path; nil when that cannot be used.
        ///   - path: The file.
        init(_ file: PartitionFile?, at path: String) {
            rows = file?.rows ?? -1
            stamp = file?.stamp ?? FileStamp(bytes: -1, seconds: 0, nanoseconds: 0, linked: nil)
            systemIdentity = SystemIdentity(of: path)
        }

        /// One that was found by somebody else.
        package init(rows: Int, stamp: FileStamp, systemIdentity: SystemIdentity?) {
            (self.rows, self.stamp, self.systemIdentity) = (rows, stamp, systemIdentity)
        }
    }

    /// Which file it is for the system.
    public struct SystemIdentity: BitwiseCopyable, Hashable, Sendable {
        let device: UInt64
        let inode: UInt64

        package init(device: UInt64, inode: UInt64) { (self.device, self.inode) = (device, inode) }

        /// That of what stands at a path; nil when nothing does.
        public init?(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    /// What was found out about several partitions.
    public struct Findings: Codable {
        /// Whether any of them knows redshifts.
        private(set) var hasRedshift = false
        private(set) var identifiers = CommonIdentifiers()
        private(set) var statements = Statements()
        private(set) var kept = CommonKept()

        /// Nothing yet.
        public init() {}

        fileprivate mutating func add(_ file: PartitionFile, of name: String) throws {
            hasRedshift = hasRedshift || file.hasRedshift
            guard file.rows > 0 else { return }
            try identifiers.add(file, of: name)
            try kept.add(file, of: name)
            statements.add(file.statement, file.warnings, of: name)
        }

        /// Takes what was found out about the partitions behind these.
        public mutating func add(_ others: Findings) {
            hasRedshift = hasRedshift || others.hasRedshift
            identifiers.add(others.identifiers)
            statements.add(others.statements)
            kept.add(others.kept)
        }

        /// Refuses a data set without a column that the user has named.
        ///
        /// - Throws: ``DataSet/Failure``.
        func requireColumns(
            _ schema: PartitionSchema, of names: [String], in folder: String, place: String
        ) throws(DataSet.Failure) {
            let columns: [(option: String, name: String, isMissing: Bool)] = [
                ("--redshift", schema.redshift, schema.requiresRedshift && !hasRedshift),
                ("--object-id", schema.objectID, schema.requiresObjectID && !identifiers.areThere),
            ]
            guard let lacking = columns.first(where: \.isMissing) else { return }
            let links = DataSet.links(of: schema, in: folder)
            let first = names.lazy.compactMap { name in
                (try? File.open(DataSet.join(folder, name), links: links)).map { (name, EntryListing(of: $0)) }
            }.first
            let entries = first.map { ". \($0.0) has \($0.1.text(near: [lacking.name]) ?? "nothing")" } ?? ""
            throw DataSet.Failure.inconsistent(
                "\(place): no partition has a data set \"\(lacking.name)\", which \(lacking.option) names; without \(lacking.option) the run does without\(entries)"
            )
        }
    }

    /// A partition that cannot be used, and why.
    public struct Failure {
        /// Its place among those that were looked at.
        public let place: Int
        /// Its path relative to the data set's folder.
        public let name: String
        /// What is wrong with it.
        public let error: any Error
    }

    private let names: [String]
    private let folder: String
    private let schema: PartitionSchema
    /// One for each partition that was looked at; all unless ``failure`` came between.
    public private(set) var entries: [Entry] = []
    /// What was found out about those that can be used.
    public private(set) var findings = Findings()
    /// The partitions that cannot be used.
    public private(set) var failures: [Failure] = []

    /// The first of them.
    public var failure: Failure? { failures.first }

    /// Opens each of some partitions once.
    ///
    /// - Parameters:
    ///   - names: The files, relative to the folder.
    ///   - folder: The data set's folder; empty where files are named.
    ///   - schema: How they are laid out.
    ///   - skipsUnusable: Whether to go on behind one that cannot be used.
    public init(of names: [String], in folder: String, schema: PartitionSchema, skipsUnusable: Bool = false) {
        (self.names, self.folder, self.schema) = (names, folder, schema)
        entries.reserveCapacity(names.count)
        for name in names {
            let path = DataSet.join(folder, name)
            do {
                let file = try open(name)
                try findings.add(file, of: name)
                entries.append(Entry(file, at: path))
            } catch {
                failures.append(Failure(place: entries.count, name: name, error: error))
                guard skipsUnusable else { return }
                entries.append(Entry(nil, at: path))
            }
        }
    }

    private func open(_ name: String) throws -> PartitionFile {
        let path = DataSet.join(folder, name)
        guard !FolderListing.isLossy(name, in: folder) else {
            throw PartitionError(
                file: path, faults: ["has a name that is not UTF-8, and results could not name it; rename the file"])
        }
        try File.requireClosed(path)
        return try PartitionFile(path, schema: schema, folder: folder.isEmpty ? nil : folder)
    }

    /// Looks, once the form of all identifiers is known, for strings that cannot be kept in it: of a fixed length with
    /// a zero within, beside strings of another form.
    ///
    /// - Parameter dataSet: The whole data set.
    /// - Returns: The first of these partitions that has one, or cannot be read again.
    public func unfitStrings(in dataSet: DataSet) -> Failure? {
        guard dataSet.identifiers == .strings, dataSet.stringForm?.length == nil else { return nil }
        for (place, name) in names.enumerated() where entries[place].rows > 0 {
            do {
                let file = try open(name)
                guard file.objectID?.stringForm?.length != nil else { continue }
                try file.forEachIdentifiers { row, values in
                    guard case .strings(let strings) = values,
                        let index = strings.firstIndex(where: { $0.contains(0) })
                    else { return }
                    throw DataSet.Failure.inconsistent(
                        "\(folder.isEmpty ? name : folder): \(name): \(schema.objectID): row \(row + index) is \(printable(strings[index])), with a zero within; beside strings of another form in other partitions it cannot be kept"
                    )
                }
            } catch { return Failure(place: place, name: name, error: error) }
        }
        return nil
    }
}
