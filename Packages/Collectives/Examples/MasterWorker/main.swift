import Collectives

/// What a worker hands back: any plain struct can be sent.
struct Outcome: BitwiseCopyable {
    let task: Int
    let steps: Int
}

/// A task: how many steps lead from a number to 1, when even numbers are halved and the others tripled and raised by 1.
func steps(from start: Int) -> Int {
    var (number, steps) = (start, 0)
    while number > 1 {
        number = number % 2 == 0 ? number / 2 : 3 * number + 1
        steps += 1
    }
    return steps
}

MPI.run { world in
    let tasks = Array(1...1000)
    // Each number of the counter goes to one rank.
    let next = try SharedCounter(on: world, host: 0)

    // Rank 0 is the master. It works only where nobody else does.
    var done: [Outcome] = []
    if world.rank > 0 || world.size == 1 {
        while case let task = try next.next(), task < tasks.count {
            done.append(Outcome(task: task, steps: steps(from: tasks[task])))
        }
    }

    // The master waits here, and its MPI gives numbers to the workers meanwhile.
    guard let all = try world.gatherVarying(done, root: 0) else { return }
    let outcomes = all.joined().sorted { $0.task < $1.task }
    let longest = outcomes.max { $0.steps < $1.steps }
    print("\(outcomes.count) of \(tasks.count) tasks are done")
    if let longest { print("the longest way begins at \(tasks[longest.task]): \(longest.steps) steps") }
}
