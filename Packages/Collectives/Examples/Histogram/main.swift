import Collectives

/// How many steps of the Collatz rule lead to 1.
func steps(from start: Int) -> Int {
    var (number, count) = (start, 0)
    while number != 1 {
        number = number % 2 == 0 ? number / 2 : 3 * number + 1
        count += 1
    }
    return count
}

MPI.run { world in
    // 400 bins, dealt to the ranks: so many to each, and on the last ones some that nobody needs.
    let (binCount, size) = (400, world.size)
    let binsPerRank = (binCount + size - 1) / size
    let bins = try Window<Int>(count: binsPerRank, on: world)
    // Each rank takes the next hundred numbers when it has counted the last, until there are none.
    let next = try Window<Int>(count: world.rank == 0 ? 1 : 0, on: world)
    while case let first = try next.fetchAndAccumulate(100, .sum, to: 0, at: 0), first < 10_000 {
        var counts = [Int](repeating: 0, count: size * binsPerRank)
        for number in first..<first + 100 { counts[steps(from: number + 1)] += 1 }
        for rank in 0..<size {
            let part = Array(counts[rank * binsPerRank..<(rank + 1) * binsPerRank])
            try bins.accumulate(part, .sum, to: rank, at: 0)
        }
    }
    // All ranks have added what they have.
    try bins.synchronize()
    guard world.rank == 0 else { return }
    let all = try (0..<size).flatMap { try bins.get(binsPerRank, from: $0, at: 0) }
    let (most, count) = all.enumerated().max { $0.element < $1.element } ?? (0, 0)
    print("\(all.reduce(0, +)) numbers; \(count) of them, the most, need \(most) steps")
}
