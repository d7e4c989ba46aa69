import Collectives
import Glibc
import Synchronization

/// Numbers from a shared counter.
enum Counter {
    /// Every number once, and none left out, whichever rank hosts the counter.
    static func check(_ world: Communicator) throws {
        for host in Set([0, world.size / 2, world.size - 1]).sorted() {
            let counter = try SharedCounter(on: world, host: host)
            let end = 10_000
            var mine: [Int] = []
            while let number = try Optional(counter.next()), number < end { mine.append(number) }
            // A host that waits here still answers the others.
            let all = try world.gatherVarying(mine, root: 0)
            if let all { world.expect(all.flatMap(\.self).sorted(), Array(0..<end), "numbers of host \(host)") }
        }
        world.expectError("a host that is no rank", { $0.kind == .misuse }) {
            _ = try SharedCounter(on: world, host: world.size)
        }
    }

    /// The host's main thread computes for three seconds; a thread of its own answers meanwhile.
    static func checkBusyHost(_ world: Communicator) throws {
        let counter = try SharedCounter(on: world, host: 0)
        let start = ContinuousClock.now
        if world.rank == 0 {
            let isDone = Flag()
            let dispatcher = startThread {
                while !isDone.value.load(ordering: .relaxed) {
                    counter.progress()
                    usleep(1000)
                }
            }
            while ContinuousClock.now - start < .seconds(3) {}
            isDone.value.store(true, ordering: .relaxed)
            pthread_join(dispatcher, nil)
        } else {
            for _ in 0..<100 { _ = try counter.next() }
            let time = ContinuousClock.now - start
            if time > .seconds(1.5) { Check.fail(world, "100 numbers from a busy host took \(time)") }
        }
        try world.barrier()
        world.expect(try counter.next() >= 100 * (world.size - 1), true, "numbers taken from a busy host")
    }

    private final class Flag: Sendable {
        let value = Atomic(false)
    }

    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    private static func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(Body(body)).toOpaque())
        return thread
    }
}
