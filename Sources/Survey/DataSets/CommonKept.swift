/// The columns that all files of a data set have and that are carried into the results, found out from each and put
/// together in whatever parts.
struct CommonKept: Codable {
    private struct Entry: Codable {
        var column: KeptColumn
        /// The first file that has it.
        let file: String
        /// What differs in another file.
        var difference: String?
    }

    private var entries: [Entry] = []

    /// Takes what a file with galaxies has.
    ///
    /// - Throws: `HDF5Error` or ``PartitionError`` when a column cannot be read.
    mutating func add(_ file: PartitionFile, of name: String) throws {
        add(try file.keptColumns().map { Entry(column: $0, file: name) })
    }

    /// Takes what the files behind these have.
    mutating func add(_ others: CommonKept) { add(others.entries) }

    private mutating func add(_ others: [Entry]) {
        guard !entries.isEmpty else {
            entries = others
            return
        }
        for (place, other) in zip(entries.indices, others) {
            let found = entries[place].column.join(other.column).map {
                "\(entries[place].file) has \($0.mine), \(other.file) \($0.other)"
            }
            entries[place].difference = entries[place].difference ?? found ?? other.difference
        }
    }

    /// The columns.
    ///
    /// - Parameter place: The data set, for messages.
    /// - Throws: ``DataSet/Failure`` when files differ in one.
    func columns(place: String) throws(DataSet.Failure) -> [KeptColumn] {
        if let odd = entries.first(where: { $0.difference != nil }), let difference = odd.difference {
            throw .inconsistent(
                "\(place): \(odd.column.source) differs between partitions: \(difference); make them alike, or leave it out of --keep"
            )
        }
        return entries.map(\.column)
    }
}
