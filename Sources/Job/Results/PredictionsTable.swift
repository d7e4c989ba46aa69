import Survey

/// The lines of `predictions.csv`.
struct PredictionsTable {
    private let partitions: PartitionTable
    private let hasIdentifiers: Bool
    private let found: FoundColumns
    /// Names of the columns that are carried from the partitions.
    private let kept: [String]

    /// - Parameters:
    ///   - dataSet: The survey.
    ///   - found: What was found beside what every run finds.
    init(_ dataSet: DataSet, _ found: FoundColumns) {
        partitions = dataSet.partitions
        hasIdentifiers = dataSet.identifiers != .none
        self.found = found
        kept = dataSet.kept.map(\.name)
    }

    /// The first line.
    var head: [UInt8] {
        let columns =
            ["partition", "row"] + (hasIdentifiers ? ["object_id"] : []) + ["redshift_predicted", "redshift"]
            + (found.contains(.views) ? [PredictionsColumn.scatter.rawValue] : [])
            + (found.contains(.distributions) ? PredictionsColumn.ends.map(\.column.rawValue) : []) + ["flags"]
        let fields = columns.map { Array($0.utf8) } + kept.map { Self.field(Array($0.utf8)) }
        return Array(fields.joined(separator: [Self.comma])) + [Self.newline]
    }

    /// The lines of neighbouring galaxies; what is not known stays empty.
    ///
    /// - Parameters:
    ///   - rows: The galaxies.
    ///   - layout: Of the predictions.
    /// - Throws: What reading the columns that are carried throws.
    func lines(of rows: PredictionRows, _ layout: PredictionsLayout) throws -> [UInt8] {
        let (found, places, kept) = (rows.found, rows.places, try layout.kept?.texts(of: rows) ?? [])
        let intervals = layout.intervals(of: rows)
        let columns =
            [found.predictions[places], found.redshifts[places]]
            + (self.found.contains(.views) ? [found.scatters[places]] : [])
            + PredictionsColumn.ends.compactMap { intervals[$0.column]?[...] }
        let identifiers = hasIdentifiers ? found.identifiers[places].values.texts : []
        var text: [UInt8] = []
        text.reserveCapacity(places.count * 64)
        var place = 0
        for piece in rows.pieces {
            let name = Self.field(Array(partitions.name(of: piece.partition)))
            for row in piece.rows {
                text += name
                text.append(Self.comma)
                text += "\(row)".utf8
                if hasIdentifiers {
                    text.append(Self.comma)
                    text += Self.field(Array(identifiers[place].utf8))
                }
                for column in columns {
                    text.append(Self.comma)
                    let number = column[column.startIndex + place]
                    if !number.isNaN { text += number.description.utf8 }
                }
                text.append(Self.comma)
                text += "\(found.flags[places.lowerBound + place].rawValue)".utf8
                for column in kept {
                    text.append(Self.comma)
                    text += Self.field(Array(column[place].utf8))
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
