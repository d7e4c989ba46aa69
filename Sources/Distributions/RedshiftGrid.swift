/// Evenly spaced redshifts, written `0:2:301`: the first, the last, and how many.
package struct RedshiftGrid: Sendable, Equatable, CustomStringConvertible {
    /// The first and the last grid point.
    package let lower, upper: Double
    /// How many grid points there are, at least 2.
    package let count: Int

    /// The most grid points.
    package static let largestCount = 100_000
    /// The least distance of grid points, that of a velocity of 0.3 km/s: grid points stay different in single
    /// precision.
    package static let smallestStep = 1e-6

    /// Nil when the text is no grid: three parts between colons, ascending redshifts above -1 and up to 1000, 2 to
    /// 100 000 points, a millionth apart or more.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let lower = Double(parts[0]), let upper = Double(parts[1]), let count = Int(parts[2]),
            lower > -1, upper <= 1000, lower < upper, 2...Self.largestCount ~= count,
            (upper - lower) / Double(count - 1) >= Self.smallestStep
        else { return nil }
        (self.lower, self.upper, self.count) = (lower, upper, count)
    }

    /// The distance of neighbouring grid points.
    package var step: Double { (upper - lower) / Double(count - 1) }

    /// Of a number from 0; the last grid point is `upper` itself.
    package func value(_ index: Int) -> Double {
        index == count - 1 ? upper : lower + (upper - lower) * Double(index) / Double(count - 1)
    }

    /// All grid points, ascending.
    package var values: [Double] { (0..<count).map(value) }

    /// As `init` reads it.
    package var description: String { "\(Self.plain(lower)):\(Self.plain(upper)):\(count)" }

    private static func plain(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : "\(value)"
    }
}

/// As a text: a file cannot hold a grid that is none.
extension RedshiftGrid: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let grid = RedshiftGrid(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is no grid of redshifts, which is written 0:2:301")
        }
        self = grid
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
