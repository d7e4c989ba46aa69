import HDF5

/// Which partitions of a data set lack which of the data sets that all must have, where they differ in that: a folder
/// of files of two surveys, for instance.
struct LayoutDifference {
    /// Files that lack the same.
    private struct Group {
        let missing: [String]
        let entries: EntryListing
        var files: [String]
    }

    private var groups: [Group] = []
    /// Files that are looked at: the first of two layouts are soon met.
    private static let most = 200

    /// Looks at the files of a data set, one of which lacks something; those that cannot be opened say so elsewhere.
    ///
    /// - Parameter files: Their names and how to open them.
    init(_ files: [String], schema: PartitionSchema, _ open: (String) throws -> File) {
        for name in files.prefix(Self.most) {
            guard let file = try? open(name) else { continue }
            let missing = ([schema.images] + schema.magnitudes).filter { !file.contains($0) }
            if let place = groups.firstIndex(where: { $0.missing == missing }) {
                groups[place].files.append(name)
            } else {
                groups.append(Group(missing: missing, entries: EntryListing(of: file), files: [name]))
            }
        }
    }

    /// What to tell the user; nil when all files lack the same.
    var hint: String? {
        guard groups.count > 1 else { return nil }
        let lines = groups.map { group in
            let more = group.files.count > 1 ? " and \(group.files.count - 1) more" : ""
            let files = group.files[0] + more
            guard !group.missing.isEmpty else { return "  - \(files): all that was asked for" }
            let entries = group.entries.text(near: group.missing).map { "; there are \($0)" } ?? ""
            return "  - \(files): no \(group.missing.joined(separator: ", "))\(entries)"
        }
        return """
            The partitions have different layouts:
            \(lines.joined(separator: "\n"))
            Run those of one layout at a time, with their names in --images and --magnitudes, or leave out those that lack something with --on-error skip.
            """
    }
}

extension DataSet {
    /// A fault with what the other files of the data set have to do with it.
    package static func explained(
        _ error: any Error, folder: String, names: [String], schema: PartitionSchema
    ) -> any Error {
        guard var fault = error as? PartitionError, !fault.missing.isEmpty, names.count > 1 else { return error }
        let difference = LayoutDifference(names, schema: schema) {
            try File.open(join(folder, $0), links: links(of: schema, in: folder))
        }
        fault.hint = difference.hint ?? fault.hint
        return fault
    }

    /// What the partitions of a folder may lead to.
    static func links(of schema: PartitionSchema, in folder: String) -> LinkPolicy? {
        schema.followsLinks ? .anywhere : folder.isEmpty ? nil : .within(folder: folder)
    }
}
