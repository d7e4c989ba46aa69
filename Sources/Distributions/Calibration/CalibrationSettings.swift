/// How a calibration groups galaxies.
package enum CalibrationMethod: String, Codable, CaseIterable, Sendable {
    /// Cells of galaxies that are alike, each with the quantiles of its own residuals.
    case cells
    /// Residuals are divided by a smooth function of the galaxy's inputs first, and cells are larger.
    case smooth
}

/// What a calibration is made by.
package struct CalibrationSettings: Sendable, Equatable {
    /// How galaxies are grouped.
    package let method: CalibrationMethod
    /// The fewest labelled galaxies of a cell; nil for 200 (`cells`) or 1000 (`smooth`).
    package let smallestCell: Int?

    /// The fewest that a cell may be asked to have: with fewer no level but those of the middle is its own.
    package static let leastSmallestCell = 20

    /// - Parameter smallestCell: At least ``leastSmallestCell``.
    package init(method: CalibrationMethod, smallestCell: Int? = nil) {
        precondition(
            smallestCell ?? Self.leastSmallestCell >= Self.leastSmallestCell, "a cell of too few galaxies")
        (self.method, self.smallestCell) = (method, smallestCell)
    }

    /// The fewest labelled galaxies of a cell.
    package var fewest: Int { smallestCell ?? (method == .cells ? 200 : 1000) }
}
