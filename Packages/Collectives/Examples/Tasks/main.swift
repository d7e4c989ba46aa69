import Collectives

/// The numbers below a limit from which one step leads to `number`: halving, or tripling and adding 1.
func predecessors(of number: Int, below limit: Int) -> [Int] {
    let odd = number > 4 && number % 6 == 4 ? [(number - 1) / 3] : []
    return ([2 * number] + odd).filter { $0 < limit }
}

/// A worker: gives the master what it makes of each number, until there is none left.
func work(on world: Communicator, below limit: Int) throws {
    while case let number = try world.receive(Int.self, from: 0), number > 0 {
        try world.send(predecessors(of: number, below: limit), to: 0)
    }
}

/// The master: gives each worker that is idle a number, and makes new tasks of what comes back.
func count(on world: Communicator, first: Int) throws -> Int {
    var (tasks, idle, found) = ([first], Array(1..<world.size), 1)
    while !tasks.isEmpty || idle.count < world.size - 1 {
        while let worker = idle.last, let task = tasks.popLast() {
            idle.removeLast()
            try world.send(task, to: worker)
        }
        let answer = try world.receiveAny(of: Int.self)
        idle.append(answer.source)
        tasks += answer.elements
        found += answer.elements.count
    }
    for worker in 1..<world.size { try world.send(0, to: worker) }
    return found
}

MPI.run { world in
    let limit = 2000
    guard world.size > 1 else { return print("the master needs a worker: start more ranks") }
    guard world.rank == 0 else { return try work(on: world, below: limit) }
    let found = try count(on: world, first: 1)
    print("\(found) numbers come to 1 and stay below \(limit)")
}
