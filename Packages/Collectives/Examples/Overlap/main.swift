import Collectives

await MPI.runAsync { world in
    let (next, previous) = ((world.rank + 1) % world.size, (world.rank + world.size - 1) % world.size)
    let numbers = [Int](repeating: world.rank, count: 100_000)
    // Both are under way while this rank adds up its own numbers.
    let message = try world.startReceive(of: Int.self, count: numbers.count, from: previous)
    let send = try world.startSend(numbers, to: next)
    let own = numbers.reduce(0, +)
    let received = try await message.value.reduce(0, +)
    try await send.value
    let sums = try world.gather([own, received], root: 0)
    if let sums { print("own and received sums: \(sums)") }
}
