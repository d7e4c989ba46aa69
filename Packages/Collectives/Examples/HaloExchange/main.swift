import Collectives

/// A row of the plate after one step: each cell becomes the mean of its four neighbours. The ends of a row meet.
func relaxed(_ row: Span<Double>, above: Span<Double>, below: Span<Double>) -> [Double] {
    let columns = row.count
    return (0..<columns).map { column in
        let (left, right) = (row[(column + columns - 1) % columns], row[(column + 1) % columns])
        return (above[column] + below[column] + left + right) / 4
    }
}

/// The largest change of a cell between two states of a plate.
func largestChange(_ before: ArraySlice<Double>, _ after: [Double]) -> Double {
    zip(before, after).reduce(0) { max($0, abs($1.1 - $1.0)) }
}

MPI.run { world in
    let (rows, columns, steps) = (4, 8, 10)
    // The last rank's rows meet the first rank's.
    let before = (world.rank + world.size - 1) % world.size
    let after = (world.rank + 1) % world.size

    // This rank's rows, one behind another, and the halo: copies of the neighbours' rows above and below them.
    var plate = [Double](repeating: 0, count: rows * columns)
    var (above, below) = ([Double](repeating: 0, count: columns), [Double](repeating: 0, count: columns))
    if world.rank == 0 { plate[0] = 1 }

    var change = 0.0
    for _ in 0..<steps {
        // All ranks send at the same time: two sends and two receives would wait for each other in a circle. Each row
        // is sent from where it is, and received where it is needed.
        let (first, last) = (0..<columns, (rows - 1) * columns..<rows * columns)
        var halo = above.mutableSpan
        try world.sendReceive(plate.span.extracting(last), into: &halo, to: after, from: before)
        halo = below.mutableSpan
        try world.sendReceive(plate.span.extracting(first), into: &halo, to: before, from: after)

        let old = above + plate + below
        plate = (0..<rows).flatMap { row in
            let start = row * columns
            return relaxed(
                old.span.extracting(start + columns..<start + 2 * columns),
                above: old.span.extracting(start..<start + columns),
                below: old.span.extracting(start + 2 * columns..<start + 3 * columns))
        }
        change = try world.allReduce(largestChange(old[columns...], plate), .max)
    }

    let heat = try world.reduce(plate.reduce(0, +), .sum, root: 0)
    if let heat { print("after \(steps) steps: heat \(heat), largest change \(change)") }
}
