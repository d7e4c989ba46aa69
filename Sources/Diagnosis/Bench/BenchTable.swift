import AstroMAE

/// Every precision with every instruction set of a machine: as Markdown, which can be read as it stands and sent to
/// others.
package struct BenchTable: Encodable {
    /// What is measured, in this order, each in its fastest way: float32 comes first at each level, since the others
    /// are set against it.
    package static func combinations(upTo widest: InstructionSet) -> [(InstructionSet, Precision)] {
        InstructionSet.available.filter { $0.level <= widest.level }.flatMap { level in
            Precision.allCases.map { (level.measured(among: level.ownWays(for: $0), for: $0), $0) }
        }
    }

    private let machine: BenchMachine
    private var rows: [Row] = []

    private enum CodingKeys: String, CodingKey {
        case rows = "combinations"
    }

    /// A table without rows.
    package init(_ machine: BenchMachine) { self.machine = machine }

    /// Adds a measurement; the line of the table that it is.
    package mutating func add(_ measurement: BenchMeasurement) -> String {
        let float32 = rows.last { $0.measurement.instructionSet == measurement.instructionSet && $0.isFloat32 }
        let row = Row(
            measurement: measurement,
            ratio: measurement.galaxiesPerSecond / (float32?.measurement ?? measurement).galaxiesPerSecond)
        rows.append(row)
        return row.text
    }

    /// What stands above the rows.
    package var head: String {
        let titles = Row.line(["level", "precision", "galaxies/s", "G op/s", "peak", "% of peak", "/ f32"])
        return "\(machine.text)\n\n\(titles)\n\(Row.rule)"
    }

    /// What stands below them; nil when there is nothing to say.
    package var note: String? {
        guard rows.contains(where: { $0.measurement.fraction == nil }) else { return nil }
        return "?: this peak cannot be true beside the speed of products in the cache. The machine is too busy to be "
            + "measured, or the measurement is wrong on this processor."
    }

    package func encode(to encoder: any Encoder) throws {
        try machine.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(rows, forKey: .rows)
    }
}
