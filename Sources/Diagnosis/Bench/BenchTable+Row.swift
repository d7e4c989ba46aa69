import PhotozMachine

extension BenchTable {
    /// One precision with one instruction set.
    struct Row: Encodable {
        let measurement: BenchMeasurement
        /// To float32 with the same instruction set.
        let ratio: Double

        private enum CodingKeys: String, CodingKey {
            case ratio = "ratio_to_f32"
        }

        var isFloat32: Bool { measurement.precision == .float32 }

        func encode(to encoder: any Encoder) throws {
            try measurement.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(ratio, forKey: .ratio)
        }

        var text: String {
            Self.line([
                measurement.instructionSet, measurement.precision.rawValue, decimal(measurement.galaxiesPerSecond, 0),
                decimal(measurement.gflops, 0),
                decimal(measurement.peak, 0) + (measurement.fraction == nil ? " ?" : ""),
                decimal(measurement.fraction.map { 100 * $0 }, 0), decimal(ratio, 2),
            ])
        }

        /// Columns as wide as anything that stands in them: a row is printed before the next one is known.
        static let columns: [(width: Int, isText: Bool)] = [
            (14, true), (9, true), (10, false), (7, false), (7, false), (9, false), (5, false),
        ]

        /// The line below the titles, by which Markdown knows a table; a colon puts numbers to the right.
        static var rule: String {
            line(columns.map { String(repeating: "-", count: $0.width - 1) + ($0.isText ? "-" : ":") })
        }

        static func line(_ cells: [String]) -> String {
            let padded = zip(cells, columns).map { cell, column in
                let padding = String(repeating: " ", count: max(0, column.width - cell.count))
                return column.isText ? cell + padding : padding + cell
            }
            return "| \(padded.joined(separator: " | ")) |"
        }
    }
}
