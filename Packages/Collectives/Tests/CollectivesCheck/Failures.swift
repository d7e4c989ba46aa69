import Collectives
import Glibc

/// Jobs that must fail, each in its way: a test that cannot fail proves nothing.
enum Failures {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "wrong": { $0.expect(1, 2, "a deliberate mistake") },
        "throw": { world in
            if world.rank == world.size - 1 { _ = try world.gather(1, root: 99) }
            try world.barrier()
        },
        "throw-256": { world in _ = try world.gather(1, root: 99) },
        "exit": { world in
            if world.rank == world.size - 1 { exit(9) }
            try world.barrier()
        },
        "trap": { world in
            if world.rank == world.size - 1 { fatalError("a bug of our own") }
            try world.barrier()
        },
        "claim": { world in
            // All fail at the same moment; one speaks.
            let failures = try FirstFailure(on: world.splitByNode())
            try world.barrier()
            if failures.claim() {
                fputs("the one message\n", stderrHandle())
                fflush(nil)
                MPI.abort(exitCode: 7)
            }
            sleep(10)
        },
        "hang": { world in
            if world.rank == 0 { sleep(600) }
            try world.barrier()
        },
        "settings": { world in
            for name in ["OMPI_MCA_osc", "OMPI_MCA_plm_rsh_agent"] {
                print("\(name) is \(getenv(name).map { "'\(String(cString: $0))'" } ?? "not set")")
            }
        },
        "nested-free": { try communicateWithin($0, isFree: true) { _ = try $0.allReduce(1, .sum) } },
        "nested-ordered": { try communicateWithin($0, isFree: false) { _ = try $0.allReduce(1, .sum) } },
        "nested-message": { try communicateWithin($0, isFree: true) { try $0.send(1, to: 0) } },
        "nested-split": { try communicateWithin($0, isFree: false) { _ = try $0.split(true) } },
    ]

    /// A function that communicates, on one rank only or on all, and swallows what that throws.
    private static func communicateWithin(
        _ world: Communicator, isFree: Bool, _ communicate: @escaping (Communicator) throws -> Void
    ) throws {
        // Every rank has a neighbour that combines where it does not.
        for odd in [nil, 0, world.size - 1] {
            let sum = Reduction<Int>.custom(commutative: isFree, associative: isFree) {
                if odd == nil || odd == world.rank || !isFree { try? communicate(world) }
                return $0 + $1
            }
            let calls: [(String, () throws -> Void)] = [
                ("allReduce", { _ = try world.allReduce(1, sum) }),
                ("reduce", { _ = try world.reduce([1, 2], sum, root: 0) }),
                ("scan", { _ = try world.scan(1, sum) }),
                ("reproducible sum", { _ = try world.allReduce(1, sum.reproducible) }),
            ]
            for (name, call) in calls {
                var error: (any Error)?
                do { try call() } catch let thrown { error = thrown }
                let all = try world.allGather(error == nil ? 0 : 1)
                world.expect(Set(all).count, 1, "\(name): errors of the ranks")
                // A rank that combines nothing has done no harm.
                if odd == nil || !isFree { world.expect(all[0], 1, "\(name): an error") }
                if let error {
                    world.expect("\(error)".contains("such a function must not communicate itself"), true, "\(error)")
                }
            }
            world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
        }
    }
}
