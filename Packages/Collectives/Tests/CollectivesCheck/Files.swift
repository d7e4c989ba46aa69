import Collectives
import Glibc

/// Files that all ranks write and read: whole and in parts, at any place, and what is refused.
enum Files {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = [
        "unclosed-file": leaveOpen, "full-disk": fillDisk,
    ]

    /// A path that all ranks know, and nobody else uses.
    private static func path(_ world: Communicator) throws -> String {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        return "\(folder)/collectives-check-\(try world.broadcast(getpid(), root: 0))"
    }

    static func check(_ world: Communicator) throws {
        let path = try path(world)
        for (largest, most) in [(1 << 30, 1000), (48, 31)] {
            let usual = Parts.largest
            // No rank makes it small while another is at work.
            try world.barrier()
            Parts.largest = largest
            for count in [0, 1, 7, most] { try writeAndRead(world, path, count, "parts of \(largest)") }
            try world.barrier()
            Parts.largest = usual
        }
        try places(world, path)
        try errors(world, path)
        try world.barrier()
        if world.rank == 0 { unlink(path) }
    }

    /// Parts of every length, one behind another; each rank reads that of its neighbour, and all.
    private static func writeAndRead(_ world: Communicator, _ path: String, _ count: Int, _ what: String) throws {
        let (rank, size) = (world.rank, world.size)
        func values(_ rank: Int) -> [Double] { (0..<rank * count).map { Double(1000 * rank + $0) } }
        let own = values(rank)
        let before = try world.exclusiveScan(own.count, .sum) ?? 0
        let file = try ParallelFile(path, .writing, on: world)
        world.expect(try file.size, 0, "empty at first")
        // Others write as soon as they can.
        try world.barrier()
        try file.write(own, at: before * 8)
        try file.close()
        let all = (0..<size).flatMap(values)
        let copy = try ParallelFile(path, .reading, on: world)
        world.expect(try copy.size, all.count * 8, "size, \(what)")
        let next = (rank + 1) % size
        let start = (0..<next).reduce(0) { $0 + values($1).count }
        world.expect(try copy.read(next * count, at: start * 8), values(next), "a neighbour's \(count), \(what)")
        world.expect(try copy.read(all.count, at: 0), all, "all of \(count), \(what)")
        // Only the last rank reads anything, and no whole number of words.
        let bytes = try copy.read(rank == size - 1 ? all.count * 8 : 0, of: UInt8.self, at: 0)
        world.expect(bytes.count, rank == size - 1 ? all.count * 8 : 0, "bytes of \(count), \(what)")
        try copy.close()
    }

    /// A hole, and elements of all ranks in turn.
    private static func places(_ world: Communicator, _ path: String) throws {
        let (rank, size) = (world.rank, world.size)
        let file = try ParallelFile(path, .writing, on: world)
        for round in 0..<3 { try file.write([UInt16(100 * round + rank)], at: 1001 + 2 * (round * size + rank)) }
        try file.close()
        let copy = try ParallelFile(path, .reading, on: world)
        world.expect(try copy.read(1001, of: UInt8.self, at: 0), [UInt8](repeating: 0, count: 1001), "a hole")
        let numbers = (0..<3).flatMap { round in (0..<size).map { UInt16(100 * round + $0) } }
        world.expect(try copy.read(3 * size, at: 1001), numbers, "in turn")
        try copy.close()
        let isClosed: (CollectiveError) -> Bool = { $0.reason.contains("it was closed") && $0.reason.contains(path) }
        world.expectError("reading what is closed", isClosed) { _ = try copy.read(1, of: Int8.self, at: 0) }
        world.expectError("the size of what is closed", isClosed) { _ = try copy.size }
        world.expectError("closing it again", isClosed) { try copy.close() }
    }

    private static func errors(_ world: Communicator, _ path: String) throws {
        let (rank, last) = (world.rank, world.size - 1)
        let isMissing: (CollectiveError) -> Bool = {
            $0.errorClassName == "MPI_ERR_NO_SUCH_FILE" && $0.reason.contains(path + "-none")
        }
        world.expectError("no file", isMissing) { _ = try ParallelFile(path + "-none", .reading, on: world) }
        let folder = path + "-none/file"
        world.expectError("no folder", { $0.errorClassName != nil && $0.reason.contains(folder) }) {
            _ = try ParallelFile(folder, .writing, on: world)
        }
        let file = try ParallelFile(path, .writing, on: world)
        world.expectError("reading what is written", { $0.reason.hasSuffix("for writing") }) {
            _ = try file.read(1, of: Int8.self, at: 0)
        }
        for place in [-1, Int.max] {
            world.expectError("at \(place)", { $0.kind == .misuse && $0.reason.contains("rank \(last)") }) {
                try file.write([1, 2], at: rank == last ? place : 0)
            }
        }
        try file.close()
        try readingErrors(world, path)
        guard last > 0 else { return }
        world.expectError("modes that differ", { $0.kind == .misuse && $0.routine == "ParallelFile" }) {
            _ = try ParallelFile(path, rank == last ? .writing : .reading, on: world)
        }
    }

    private static func readingErrors(_ world: Communicator, _ path: String) throws {
        let (rank, last) = (world.rank, world.size - 1)
        let file = try ParallelFile(path, .writing, on: world)
        try file.write([Int8(1)], at: rank)
        try file.close()
        let copy = try ParallelFile(path, .reading, on: world)
        for (count, place) in [(1, last + 1), (2, last), (1, 1 << 50)] {
            world.expectError("beyond the end", { $0.kind == .endOfFile(size: last + 1) }) {
                _ = try copy.read(rank == last ? count : 0, of: Int8.self, at: rank == last ? place : 0)
            }
        }
        for (count, kind) in [(-1, CollectiveError.Kind.misuse), (.max, .endOfFile(size: last + 1))] {
            world.expectError("\(count) of them", { $0.kind == kind }) {
                _ = try copy.read(rank == last ? count : 0, of: Int16.self, at: 0)
            }
        }
        world.expect(try copy.read(1, at: rank), [Int8(1)], "after errors")
        try copy.close()
    }

    /// MPI is finished with a file that nobody has closed: what was written must be there.
    private static func leaveOpen(_ world: Communicator) throws {
        let path = try path(world)
        let part = try world.split(world.rank % 2 == 0)
        if let part { try ParallelFile(path, .writing, on: part).write([part.rank], at: 8 * part.rank) }
        try MPI.finish()
        guard world.rank == 0, let part else { exit(0) }
        var numbers = [Int](repeating: -1, count: part.size + 1)
        let file = fopen(path, "r")
        world.expect(file != nil, true, "the file")
        let count = file.map { fread(&numbers, 8, numbers.count, $0) }
        world.expect(count, part.size, "numbers in the file")
        world.expect(Array(numbers.prefix(part.size)), Array(0..<part.size), "a file that nobody closed")
        unlink(path)
        print("unclosed-file passed on \(world.size) ranks")
        fflush(nil)
        exit(0)
    }

    /// More than a file may have: MPI meets that as it meets a full disk. A part that is written half, and others that
    /// are not written at all.
    private static func fillDisk(_ world: Communicator) throws {
        let path = try path(world)
        // Otherwise a signal ends the process at the limit.
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        limit.rlim_cur = 30_000
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let file = try ParallelFile(path, .writing, on: world)
        let values = [UInt8](repeating: 7, count: 20_000)
        for last in 1...2 {
            world.expectError("a full disk", { $0.errorClassName != nil && $0.reason.contains(path) }) {
                try file.write(values, at: (last * world.size - world.rank) * values.count)
            }
        }
        try file.close()
        if world.rank == 0 { unlink(path) }
    }
}
