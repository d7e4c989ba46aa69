import Collectives

/// Numbers of very different size: their sum depends on the order in which they are added.
func term(_ index: Int) -> Double { 1 / Double(1 + index * 7919 % 10_007) }

MPI.run { world in
    let (count, blocks) = (100_000, 64)
    // Blocks of terms, each of which one rank adds. In the places of the others' blocks a rank has 0.
    var sums = [Double](repeating: 0, count: blocks)
    var own = 0.0
    for block in stride(from: world.rank, to: blocks, by: world.size) {
        for index in block * count / blocks..<(block + 1) * count / blocks {
            sums[block] += term(index)
            own += term(index)
        }
    }

    // The same bits for one number of ranks: each rank's sum, added in an order that the ranks alone fix.
    let byRanks = try world.allReduce(own, .sum.reproducible)
    // The same bits for any number of ranks: a block's sum and zeros have one sum in any order.
    try world.allReduce(inPlace: &sums, .sum)
    let byBlocks = sums.reduce(0, +)

    if world.rank == 0 {
        print("on \(world.size) ranks: \(byRanks)")
        print("on any number of ranks: \(byBlocks)")
    }
}
