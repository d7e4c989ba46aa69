import Collectives

/// Whether nothing but 1 and the number itself divides it.
func isPrime(_ number: Int) -> Bool {
    number > 1 && !(2..<number).prefix { $0 * $0 <= number }.contains { number % $0 == 0 }
}

MPI.run { world in
    // Each rank looks at its share of the numbers: rank 1 of 4 at 1, 5, 9 and so on.
    let found = stride(from: world.rank, to: 100_000, by: world.size).filter(isPrime).count
    // Rank 0 gets the sum, the others get nil.
    if let all = try world.reduce(found, .sum, root: 0) {
        print("\(all) primes below 100000, counted by \(world.size) ranks")
    }
}
