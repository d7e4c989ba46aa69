/// The forms of distributions that are read, as `qp` stores them, with what all rows of a file have in common.
enum StoredForm {
    /// `quant`: redshifts at these cumulative probabilities, 0 and 1 among them; linear between them.
    case quantiles([Double])
    /// `interp`: densities at these redshifts, linear between them.
    case densities([Double])
    /// `hist`: densities between these redshifts.
    case histogram([Double])

    /// Numbers of a row.
    var rowCount: Int {
        switch self {
        case .quantiles(let levels): levels.count
        case .densities(let redshifts): redshifts.count
        case .histogram(let edges): edges.count - 1
        }
    }
}

/// What is wrong with a row, so that it is no distribution.
struct RowFault: Error {
    let reason: String
}

/// A cumulative distribution in pieces: within each, at a fraction t of its width, it is F + t (a + b t).
struct PiecewiseCumulative {
    /// Where pieces begin and end.
    private var nodes: [Double] = []
    private var pieces: [(start: Double, a: Double, b: Double)] = []

    /// Takes a row.
    ///
    /// - Returns: Whether it is a distribution; false where all its numbers are NaN, or all densities 0.
    /// - Throws: ``RowFault`` for a row that is neither.
    mutating func take(_ row: UnsafeBufferPointer<Double>, _ form: StoredForm) throws(RowFault) -> Bool {
        guard !row.allSatisfy(\.isNaN) else { return false }
        guard row.allSatisfy(\.isFinite) else { throw RowFault(reason: "has numbers that are not finite") }
        switch form {
        case .quantiles(let levels):
            guard zip(row, row.dropFirst()).allSatisfy({ $0 <= $1 }) else {
                throw RowFault(reason: "has quantiles that decrease")
            }
            nodes = Array(row)
            setPieces(masses: zip(levels, levels.dropFirst()).map { $1 - $0 })
            return true
        case .histogram(let edges):
            try requirePositive(row)
            nodes = edges
            return normalise(row.indices.map { (row[$0] * (edges[$0 + 1] - edges[$0]), 0) })
        case .densities(let redshifts):
            try requirePositive(row)
            nodes = redshifts
            return normalise(
                row.indices.dropLast().map {
                    let width = redshifts[$0 + 1] - redshifts[$0]
                    return (row[$0] * width, (row[$0 + 1] - row[$0]) * width / 2)
                })
        }
    }

    /// The probabilities between neighbouring ones of ascending redshifts.
    func masses(between edges: [Double], _ body: (_ cell: Int, _ mass: Double) -> Void) {
        var (piece, before) = (0, 0.0)
        for (index, edge) in edges.enumerated() {
            let below = cumulative(at: edge, from: &piece)
            if index > 0 { body(index - 1, max(below - before, 0)) }
            before = below
        }
    }

    /// At a redshift not below those asked for before.
    private func cumulative(at redshift: Double, from piece: inout Int) -> Double {
        guard redshift >= nodes[0] else { return 0 }
        while piece < pieces.count, nodes[piece + 1] <= redshift { piece += 1 }
        guard piece < pieces.count else { return 1 }
        let fraction = (redshift - nodes[piece]) / (nodes[piece + 1] - nodes[piece])
        let (start, a, b) = pieces[piece]
        return min(start + fraction * (a + b * fraction), 1)
    }

    private func requirePositive(_ row: UnsafeBufferPointer<Double>) throws(RowFault) {
        guard row.allSatisfy({ $0 >= 0 }) else { throw RowFault(reason: "has densities below 0") }
    }

    private mutating func setPieces(masses: [Double]) {
        pieces.removeAll(keepingCapacity: true)
        var below = 0.0
        for mass in masses {
            pieces.append((below, mass, 0))
            below += mass
        }
    }

    /// Pieces of masses a + b that are to be 1 together; false when they are 0.
    private mutating func normalise(_ masses: [(a: Double, b: Double)]) -> Bool {
        let total = masses.reduce(0) { $0 + $1.a + $1.b }
        guard total > 0, total.isFinite else { return false }
        pieces.removeAll(keepingCapacity: true)
        var below = 0.0
        for (a, b) in masses {
            pieces.append((below / total, a / total, b / total))
            below += a + b
        }
        return true
    }
}
