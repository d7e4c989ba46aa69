import Collectives
import Glibc
import Synchronization

/// A sign that the ranks of one machine give each other past MPI. What must happen on one rank before it happens on
/// another is waited for: a pause would do on an idle machine only.
final class Sign: Sendable {
    private typealias Number = Atomic<Int>

    /// How often it was given; in memory that all ranks have, also where MPI is set up to share none.
    private nonisolated(unsafe) let number: UnsafeMutablePointer<Number>

    /// Every rank calls it.
    init(on world: Communicator) throws {
        var (name, file) = (Array("/tmp/collectives-check-XXXXXX".utf8CString), Int32(-1))
        if world.rank == 0 {
            file = mkstemp(&name)
            if ftruncate(file, MemoryLayout<Number>.size) != 0 { Check.fail(world, "no file for a sign") }
        }
        name = try world.broadcast(name, root: 0)
        if world.rank > 0 { file = open(name, O_RDWR) }
        let memory = mmap(nil, MemoryLayout<Number>.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard let memory, memory != MAP_FAILED else { Check.fail(world, "no memory for a sign") }
        close(file)
        number = memory.bindMemory(to: Number.self, capacity: 1)
        try world.barrier()
        if world.rank == 0 { unlink(name) }
    }

    deinit { munmap(number, MemoryLayout<Number>.size) }

    /// Returns how often it was given, by all ranks together.
    @discardableResult func give() -> Int { number.pointee.add(1, ordering: .acquiringAndReleasing).newValue }

    /// Waits until it was given so often.
    func wait(times: Int = 1) {
        while number.pointee.load(ordering: .acquiring) < times { usleep(1000) }
    }
}
