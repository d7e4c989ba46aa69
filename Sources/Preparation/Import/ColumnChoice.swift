import Interchange
import PhotozMachine

/// Which arrays of a file are the columns of a partition. What a name or the numbers leave open is asked for.
struct ColumnChoice {
    let images: String
    /// One table, or one array for each band.
    let magnitudes: [String]
    let redshift: String?
    let objectID: String?
    /// What was left out, for people.
    private(set) var notes: [String] = []

    /// Usual names, the likeliest first.
    private static let usual = (
        images: ["images", "image", "cube", "x", "X"], magnitudes: ["magnitudes", "magnitude", "mags", "mag"],
        objectID: ["object_id", "objid", "specObjID"]
    )
    /// Names that only redshifts have, and those that may as well be something else's.
    private static let redshifts = ["redshift", "redshifts", "specz", "spec_z", "zspec", "z_spec", "specz_redshift"]
    private static let doubtful = ["z", "labels", "y", "label", "target", "targets"]
    private static let bands: Set<String> = ["u", "g", "r", "i", "z", "y", "Y"]

    /// - Parameters:
    ///   - arrays: What the file has.
    ///   - names: What the user calls them.
    /// - Throws: ``JobError`` with code 65 when images or magnitudes are not found, a name has no array, or a column is
    ///   called redshift only by its place and does not look like one; 64 when one array is named twice.
    init(_ arrays: NamedArrays, _ names: ArrayNames) throws {
        let given =
            [names.images].compactMap { $0 } + (names.magnitudes ?? []) + Self.asked(names.redshift)
            + Self.asked(names.objectID)
        try Self.requireNames(given, in: arrays)
        let free = { (usual: [String]) in usual.first { arrays.has($0) && !given.contains($0) } }
        let usual = Self.usual
        let places = arrays.arePlaces
        if places, arrays.names.count > 4, names.images == nil || names.magnitudes == nil || names.redshift == nil {
            throw JobError(
                .badData,
                "\(arrays.source): holds \(arrays.names.count) tensors; a partition has images, magnitudes, redshifts and identifiers; say which are what with --images 0 --magnitudes 1 --redshift 2 and --object-id, counted from 0"
            )
        }
        guard let images = names.images ?? free(places ? ["0"] : usual.images),
            let magnitudes = names.magnitudes ?? free(places ? ["1"] : usual.magnitudes).map({ [$0] })
        else {
            throw JobError(
                .badData,
                "\(arrays.source): has the arrays \(arrays.listing); say which are what with --images, --magnitudes and --redshift"
            )
        }
        (self.images, self.magnitudes) = (images, magnitudes)
        objectID =
            names.objectID.map { $0 == "none" ? nil : $0 } ?? free(places ? ["3"] : usual.objectID)
        if let asked = names.redshift {
            redshift = asked == "none" ? nil : asked
            return
        }
        let taken = Set(given + [images, objectID].compactMap { $0 } + magnitudes)
        redshift = try Self.redshift(arrays, taken: taken, magnitudes: magnitudes, &notes)
    }

    /// The name that an option gives; none for "none", which says that there is no such column.
    private static func asked(_ name: String?) -> [String] { name.map { $0 == "none" ? [] : [$0] } ?? [] }

    private static func requireNames(_ given: [String], in arrays: NamedArrays) throws {
        for name in given where !arrays.has(name) {
            throw JobError(.badData, "\(arrays.source): has no array \(name); it has \(arrays.listing)")
        }
        if let twice = given.first(where: { name in given.filter { $0 == name }.count > 1 }) {
            throw JobError(
                .wrongUsage, "\(arrays.source): \(twice) is named twice; the same numbers cannot be two columns")
        }
    }

    // MARK: Redshifts

    /// The redshifts, where nobody has said which they are.
    private static func redshift(
        _ arrays: NamedArrays, taken: Set<String>, magnitudes: [String], _ notes: inout [String]
    ) throws -> String? {
        let places = arrays.arePlaces ? ["2"] : []
        for name in arrays.arePlaces ? places : redshifts + doubtful where arrays.has(name) && !taken.contains(name) {
            if bands.contains(name), arrays.names.filter({ bands.contains($0) && $0 != name }).count > 1 {
                notes.append(
                    "\(name) is taken for a band beside the others, not for the redshift (else: --redshift \(name))")
                continue
            }
            try requireRedshift(name, arrays, magnitudes: magnitudes, isDoubtful: !redshifts.contains(name))
            return name
        }
        return nil
    }

    /// Refuses numbers that nobody has called redshifts and that do not look like them.
    private static func requireRedshift(
        _ name: String, _ arrays: NamedArrays, magnitudes: [String], isDoubtful: Bool
    ) throws {
        func refuse(_ what: String) -> JobError {
            let column = arrays.arePlaces ? "tensor \(name)" : name
            return JobError(
                .badData,
                "\(arrays.source): \(column) \(what); if it is the redshift all the same, give --redshift \(name), and --redshift none if there is none"
            )
        }
        if arrays.fields[name] != nil {
            throw JobError(
                .badData,
                "\(arrays.source): \(name) has several fields; say which is the redshift with --redshift, or --redshift none. There are: \(arrays.listing)"
            )
        }
        if try arrays.texts(name) != nil { throw refuse("holds strings") }
        guard let column = try arrays.numbers(name) else { return }
        guard case .float = column.type else {
            if column.type == .bfloat16 { return }
            throw refuse("holds whole numbers (\(column.type.elementType)), as class labels and identifiers are")
        }
        guard isDoubtful, column.rowCount > 0, column.shape.count < 3, column.shape.dropFirst().allSatisfy({ $0 == 1 })
        else { return }
        let numbers = try sample(column)
        let known = numbers.filter { $0.isFinite && abs($0) < 90 }.sorted()
        // No redshift of a survey is as large as the magnitude of its brightest galaxies.
        if let middle = known.isEmpty ? nil : known[known.count / 2], middle > 8 {
            throw refuse("holds numbers around \(decimal(middle, 1)), as magnitudes are, and no redshifts")
        }
        if known.count > 1, try isBand(numbers, arrays, magnitudes) {
            throw refuse("holds the same numbers as the magnitudes of a band")
        }
    }

    /// Rows that are looked at.
    private static let sampled = 4096

    private static func sample(_ column: any NumberArray) throws -> [Double] {
        let rows = min(column.rowCount, sampled)
        let bytes = try column.read(first: rows)
        let width = column.type.size
        return (0..<bytes.count / width).map { index in
            bytes.withUnsafeBytes { buffer in
                switch width {
                case 2: Double(buffer.loadUnaligned(fromByteOffset: 2 * index, as: Float16.self))
                case 4: Double(buffer.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
                default: buffer.loadUnaligned(fromByteOffset: 8 * index, as: Double.self)
                }
            }
        }
    }

    /// Whether numbers are those of one of the bands.
    private static func isBand(_ numbers: [Double], _ arrays: NamedArrays, _ magnitudes: [String]) throws -> Bool {
        for name in magnitudes {
            guard let table = try arrays.numbers(name), table.shape.count < 3,
                table.bytesPerRow <= 1 << 12, table.rowCount >= numbers.count
            else {
                continue
            }
            switch table.type {
            case .float, .bfloat16: break
            case .integer: continue
            }
            let all = try sample(table)
            let bands = all.count / max(numbers.count, 1)
            guard bands > 0, all.count == bands * numbers.count else { continue }
            for band in 0..<bands where numbers.indices.allSatisfy({ all[$0 * bands + band] == numbers[$0] }) {
                return true
            }
        }
        return false
    }
}

extension NumberArray {
    /// The bytes of the first rows.
    fileprivate func read(first rows: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: rows * bytesPerRow)
        try bytes.withUnsafeMutableBytes { try read(rows: 0..<rows, into: $0) }
        return bytes
    }
}
