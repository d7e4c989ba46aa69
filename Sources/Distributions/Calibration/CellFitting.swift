/// Cuts labelled galaxies into cells, and gives each cell the quantiles of its residuals.
///
/// Edges depend on the inputs of galaxies, never on their residuals: within a cell, galaxies are as exchangeable as
/// they were before. Equal values are in one cell.
struct CellFitting {
    private let residuals: [Float]
    private let weights: [Double]?
    /// What each depth of the tree is cut by, of all galaxies.
    private let cutBy: [[Float]]
    private let fewest: Int
    /// Galaxies of a part of the tree stand together; each with what they were sorted by last.
    private var order: [UInt64]

    private(set) var grid: CellGrid
    /// Galaxies of each cell.
    private(set) var counts: [Int]
    /// [cells, levels]
    private(set) var quantiles: [Float]

    /// - Parameters:
    ///   - galaxies: All labelled ones.
    ///   - members: Those that cells are made of, at least `fewest`.
    ///   - residuals: Of all; those of members that count are not all the same.
    ///   - fewest: How many a cell needs.
    init(_ galaxies: LabelledGalaxies, members: [Int], residuals: [Float], fewest: Int, _ inputs: CalibrationInputs) {
        precondition(galaxies.count <= UInt32.max, "more galaxies than numbers for them")
        self.residuals = residuals
        weights = galaxies.weights
        self.fewest = fewest
        let (bands, middle, magnitudes) = (inputs.bands, inputs.middle, galaxies.magnitudes)
        cutBy = [
            galaxies.predicted, residuals.indices.map { magnitudes[$0 * bands + middle] },
            inputs.cellColour.map { band in
                residuals.indices.map { magnitudes[$0 * bands + band] - magnitudes[$0 * bands + band + 1] }
            } ?? Array(repeating: 0, count: residuals.count),
        ]
        order = members.map { UInt64($0) }
        grid = CellGrid(
            parts: CellGrid.parts(galaxies: members.count, fewest: fewest, hasColour: inputs.cellColour != nil))
        counts = Array(repeating: 0, count: grid.count)
        quantiles = Array(repeating: 0, count: grid.count * QuantileLevels.count)
        let whole = ranks(0..<members.count).quantilesOfTheWhole()
        cut(0..<members.count, depth: 0, row: 0, quantiles: whole)
    }

    /// Cuts some galaxies, and their parts in turn.
    ///
    /// - Parameters:
    ///   - row: Which of the tree's parts of this depth they are.
    ///   - own: Their quantiles.
    private mutating func cut(_ range: Range<Int>, depth: Int, row: Int, quantiles own: [Float]) {
        guard depth < 3 else {
            counts[row] = range.count
            quantiles.replaceSubrange(row * QuantileLevels.count..<(row + 1) * QuantileLevels.count, with: own)
            return
        }
        sort(range, by: cutBy[depth])
        let values = order[range].map { cutBy[depth][galaxy($0)] }
        let cuts = CellGrid.cuts(values, into: grid.parts[depth], fewest: fewest)
        for (number, cut) in cuts.enumerated() {
            grid.edges[depth][row * (grid.parts[depth] - 1) + number] = values[cut]
        }
        for (number, (from, to)) in zip([0] + cuts, cuts + [range.count]).enumerated() {
            let part = range.lowerBound + from..<range.lowerBound + to
            cut(
                part, depth: depth + 1, row: row * grid.parts[depth] + number,
                quantiles: cuts.isEmpty ? own : ranks(part).quantiles(parents: own))
        }
    }

    /// Of the galaxies at some places of the order.
    private func ranks(_ range: Range<Int>) -> WeightedRanks {
        var keys = order[range].map { Self.key(residuals[galaxy($0)], galaxy($0)) }
        keys.sort()
        return WeightedRanks(
            ascending: keys.map { residuals[galaxy($0)] },
            weights: weights.map { weights in keys.map { weights[galaxy($0)] } })
    }

    private mutating func sort(_ range: Range<Int>, by values: [Float]) {
        for place in range { order[place] = Self.key(values[galaxy(order[place])], galaxy(order[place])) }
        order.withUnsafeMutableBufferPointer { $0[range].sort() }
    }

    /// A number that orders galaxies by a value, and those of the same value by their place in the data set.
    private static func key(_ value: Float, _ galaxy: Int) -> UInt64 {
        let bits = (value + 0).bitPattern  // one zero, not two
        let ordered = bits >> 31 == 0 ? bits | 0x8000_0000 : ~bits
        return UInt64(ordered) << 32 | UInt64(galaxy)
    }

    private func galaxy(_ key: UInt64) -> Int { Int(key & 0xffff_ffff) }
}
