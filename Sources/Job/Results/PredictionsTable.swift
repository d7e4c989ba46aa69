import Survey

/// The lines of `predictions.csv`.
struct PredictionsTable {
    private let partitions: PartitionTable
    private let hasIdentifiers: Bool
    private let hasViews: Bool
    /// Names of the columns that are carried from the partitions.
    private let kept: [String]

    /// - Parameters:
    ///   - dataSet: The survey.
    ///   - hasViews: Whether there are uncertainties.
    init(_ dataSet: DataSet, hasViews: Bool) {
        partitions = dataSet.partitions
        hasIdentifiers = dataSet.identifiers != .none
        self.hasViews = hasViews
        kept = dataSet.kept.map(\.name)
    }

    /// The first line.
    var head: [UInt8] {
        let columns =
            ["partition", "row"] + (hasIdentifiers ? ["object_id"] : []) + ["redshift_predicted", "redshift"]
            + (hasViews ? ["redshift_mean", "redshift_sigma"] : []) + ["flags"]
        let fields = columns.map { Array($0.utf8) } + kept.map { Self.field(Array($0.utf8)) }
        return Array(fields.joined(separator: [Self.comma])) + [Self.newline]
    }

    /// The lines of neighbouring galaxies; what is not known stays empty.
    ///
    /// - Parameters:
    ///   - rows: The galaxies.
    ///   - kept: Theirs of the columns that are carried.
    func lines(of rows: PredictionRows, kept: [[String]]) -> [UInt8] {
        let (found, places) = (rows.found, rows.places)
        let columns =
            [found.predictions, found.redshifts] + (hasViews ? [found.means, found.scatters] : [])
        let identifiers = hasIdentifiers ? found.identifiers[places].values.texts : []
        var text: [UInt8] = []
        text.reserveCapacity(places.count * 64)
        var place = places.lowerBound
        for piece in rows.pieces {
            let name = Self.field(Array(partitions.name(of: piece.partition)))
            for row in piece.rows {
                text += name
                text.append(Self.comma)
                text += "\(row)".utf8
                if hasIdentifiers {
                    text.append(Self.comma)
                    text += Self.field(Array(identifiers[place - places.lowerBound].utf8))
                }
                for column in columns {
                    text.append(Self.comma)
                    if !column[place].isNaN { text += column[place].description.utf8 }
                }
                text.append(Self.comma)
                text += "\(found.flags[place].rawValue)".utf8
                for column in kept {
                    text.append(Self.comma)
                    text += Self.field(Array(column[place - places.lowerBound].utf8))
                }
                text.append(Self.newline)
                place += 1
            }
        }
        return text
    }

    private static let comma = UInt8(ascii: ",")
    private static let newline = UInt8(ascii: "\n")
    private static let quote = UInt8(ascii: "\"")

    /// A text, in quotes only where it would break the table.
    private static func field(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 == comma || $0 == quote || $0 == 0x0a || $0 == 0x0d }) else { return text }
        return [quote] + text.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
}
