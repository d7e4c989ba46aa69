import Collectives
import Glibc

/// The job's exit code tells scripts that a rank was missing.
func exitCode(_ error: any Error) -> Int32 {
    if let error = error as? CollectiveError, case .timedOut = error.kind { return 5 }
    return 1
}

// A rank that has failed gives the others two seconds to save what they have.
MPI.run(exitCode: exitCode, grace: .seconds(2)) { world in
    // The board knows what each rank is at. Without it, errors say only which ranks are missing.
    let board = try ProgressBoard(on: world, phases: ["starting", "reading", "adding"])
    try world.setPatience(Patience(deadline: .seconds(2), board: board))

    let files = 4
    for file in 0..<files {
        board.report(phase: 1, done: file, total: files)
        usleep(400_000)
        // The last rank does not come back from its last file, as if its disk had failed.
        if world.rank > 0, world.rank == world.size - 1, file == files - 1 { sleep(600) }
    }

    board.report(phase: 2)
    do throws(CollectiveError) {
        let sum = try world.allReduce(files, .sum)
        if world.rank == 0 { print("\(sum) files read by \(world.size) ranks") }
    } catch {
        // A place to save what this rank has. It must not ask the others for anything.
        if case .timedOut(let missing) = error.kind { print("rank \(world.rank) waits no longer for \(missing)") }
        throw error
    }
}
