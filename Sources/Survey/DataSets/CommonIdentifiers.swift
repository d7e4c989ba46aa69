import HDF5

/// What identifiers the files of a data set have, found out from each and put together in whatever parts.
struct CommonIdentifiers: Codable {
    /// The first file that has each kind; only files with galaxies count.
    private var firstOfKind: [Int: String] = [:]
    /// Whether an integer is below 0.
    private var isNegative = false
    /// Whether an integer is above the largest with a sign.
    private var isLarge = false
    /// How all strings can be stored.
    private(set) var form: StringForm?

    /// What the galaxies have: nothing unless every file has something.
    var common: PartitionFile.Identifiers {
        guard !has(.none) else { return .none }
        if has(.strings) { return .strings }
        guard has(.integers), has(.unsignedIntegers) else {
            return has(.integers) ? .integers : has(.unsignedIntegers) ? .unsignedIntegers : .none
        }
        return isLarge ? .unsignedIntegers : .integers
    }

    /// Whether any file has some.
    var areThere: Bool { firstOfKind.keys.contains { $0 != PartitionFile.Identifiers.none.rawValue } }

    /// Takes what a file with galaxies has, and reads integers: they are as quickly read as checked.
    ///
    /// - Throws: `HDF5Error` when they cannot be read.
    mutating func add(_ file: PartitionFile, of name: String) throws {
        if file.identifiers.areIntegers {
            try file.forEachIdentifiers { _, values in
                switch values {
                case .integers(let values): isNegative = isNegative || values.contains { $0 < 0 }
                case .unsignedIntegers(let values): isLarge = isLarge || values.contains { $0 > UInt64(Int64.max) }
                default: break
                }
            }
        }
        let kind = file.identifiers.rawValue
        firstOfKind[kind] = firstOfKind[kind] ?? name
        if let own = file.objectID?.stringForm { form = form?.joined(with: own) ?? own }
    }

    /// Takes what the files behind these have.
    mutating func add(_ others: CommonIdentifiers) {
        firstOfKind.merge(others.firstOfKind) { first, _ in first }
        isNegative = isNegative || others.isNegative
        isLarge = isLarge || others.isLarge
        if let theirs = others.form { form = form?.joined(with: theirs) ?? theirs }
    }

    private func has(_ kind: PartitionFile.Identifiers) -> Bool { firstOfKind[kind.rawValue] != nil }

    /// Refuses identifiers that no kind holds as they are.
    ///
    /// - Parameters:
    ///   - name: What identifiers are called.
    ///   - place: The data set.
    /// - Throws: ``DataSet/Failure``.
    func requireAgreement(_ name: String, place: String) throws {
        if has(.strings), has(.integers) || has(.unsignedIntegers) {
            throw DataSet.Failure.inconsistent(
                "\(place): some partitions have integers as \(name), others strings")
        }
        guard !has(.none), has(.integers), has(.unsignedIntegers), isNegative, isLarge else { return }
        throw DataSet.Failure.inconsistent(
            "\(place): some partitions have a negative \(name), others one above \(Int64.max): no type holds both; store them as strings"
        )
    }

    /// What the user should know: some have identifiers, and others none.
    func warnings(_ name: String) -> [String] {
        guard areThere, let without = firstOfKind[PartitionFile.Identifiers.none.rawValue] else { return [] }
        return ["\(without) has no \(name): the predictions carry none, although others have it"]
    }
}
