import Collectives

/// A row of the plate after one step: each cell becomes the mean of its four neighbours. The ends of a row meet.
func relaxed(_ row: [Double], above: [Double], below: [Double]) -> [Double] {
    let columns = row.count
    return row.indices.map { column in
        let (left, right) = (row[(column + columns - 1) % columns], row[(column + 1) % columns])
        return (above[column] + below[column] + left + right) / 4
    }
}

/// The largest change of a cell between two states of a row.
func largestChange(_ before: [Double], _ after: [Double]) -> Double {
    zip(before, after).reduce(0) { max($0, abs($1.1 - $1.0)) }
}

MPI.run { world in
    let (rows, columns, steps) = (4, 8, 10)
    // The last rank's rows meet the first rank's.
    let before = (world.rank + world.size - 1) % world.size
    let after = (world.rank + 1) % world.size

    // This rank's rows are 1 to `rows`. Rows 0 and `rows` + 1 are the halo: copies of the neighbours' rows.
    let cold = [Double](repeating: 0, count: columns)
    var plate = [[Double]](repeating: cold, count: rows + 2)
    if world.rank == 0 { plate[1][0] = 1 }

    var change = 0.0
    for _ in 0..<steps {
        // All ranks send at the same time: two sends and two receives would wait for each other in a circle.
        plate[0] = try world.sendReceive(plate[rows], to: after, from: before)
        plate[rows + 1] = try world.sendReceive(plate[1], to: before, from: after)

        let old = plate
        change = 0
        for row in 1...rows {
            plate[row] = relaxed(old[row], above: old[row - 1], below: old[row + 1])
            change = max(change, largestChange(old[row], plate[row]))
        }
        change = try world.allReduce(change, .max)
    }

    let heat = try world.reduce(plate[1...rows].joined().reduce(0, +), .sum, root: 0)
    if let heat { print("after \(steps) steps: heat \(heat), largest change \(change)") }
}
