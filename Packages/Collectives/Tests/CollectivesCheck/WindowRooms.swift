import Collectives
import Glibc

/// Windows that there is no memory for: every rank learns it, and goes on.
enum WindowRooms {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = ["window-without-room": withoutRoom]

    /// One rank alone wants more than any process can have.
    static func checkTooLarge(_ world: Communicator) throws {
        let last = world.size - 1
        let isTooLarge = { (error: CollectiveError) in
            error.kind == .misuse && error.reason.contains("rank \(last) wants \(1 << 44) elements")
        }
        world.expectError("a window of 128 TiB", isTooLarge) {
            _ = try Window<Int>(count: world.rank == last ? 1 << 44 : 1, on: world)
        }
        world.expect(try world.allReduce(1, .sum), world.size, "a sum after it")
    }

    /// Each rank could have its part, but together they want more than what is free in shared memory.
    private static func withoutRoom(_ world: Communicator) throws {
        var status = statvfs()
        guard statvfs("/dev/shm", &status) == 0 else { return }
        let free = try world.broadcast(Int(status.f_bavail) * Int(status.f_frsize), root: 0)
        let hasNoRoom = { (error: CollectiveError) in
            if case .noRoom("/dev/shm", _, _) = error.kind { true } else { false }
        }
        let (size, rank) = (world.size, world.rank)
        // All the same, and some more than others.
        for share in [free / size, free / (size * (size + 1) / 2) * (rank + 1)] {
            world.expectError("\(share) bytes and more", hasNoRoom) {
                _ = try Window<UInt8>(count: share + 1 << 20, on: world)
            }
        }
        let window = try Window<Int>(count: 1, on: world)
        try window.put([7], to: rank, at: 0)
        world.expect(try window.get(1, from: rank, at: 0), [7], "a small window after them")
        try window.free()
    }
}
