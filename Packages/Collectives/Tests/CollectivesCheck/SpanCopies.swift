import Collectives
import Glibc

/// Whether spans are copied: how far the most memory that the process ever had rises, while they are exchanged.
enum SpanCopies {
    static let modes: [String: @Sendable (Communicator) throws -> Void] = ["span-copies": check]

    /// So long that malloc has their pages from the kernel, and gives them back.
    private static let count = 6 << 20
    private static let byteCount = 8 * count

    private static func check(_ world: Communicator) throws {
        try expectCopies(world, none: true)
        // What may be given up is copied: otherwise the measure would be wrong.
        try world.setPatience(Patience(deadline: .seconds(60)))
        try expectCopies(world, none: false)
    }

    private static func expectCopies(_ world: Communicator, none: Bool) throws {
        let (rank, size) = (world.rank, world.size)
        var (own, other) = (touched(rank), touched(-1))
        var all = [Int](repeating: -1, count: (rank == 0 ? size : 0) * count)
        func expect(_ what: String, _ body: () throws -> Void) throws {
            let rise = try self.rise(world, body)
            let isFine = none ? rise < byteCount / 4 : rise > byteCount / 4 * 3
            world.expect(isFine, true, "\(what) took \(rise) of \(byteCount) bytes, and copies: \(!none)")
        }
        try expect("sendReceive") {
            var span = other.mutableSpan
            try world.sendReceive(own.span, into: &span, to: (rank + 1) % size, from: (rank + size - 1) % size)
        }
        world.expect(other[count - 1], (rank + size - 1) % size, "what was received")
        try expect("broadcast") {
            var span = other.mutableSpan
            try world.broadcast(into: &span, root: size - 1)
        }
        try expect("gather") {
            var span = all.mutableSpan
            try world.gather(own.span, into: &span, root: 0)
        }
        try expect("scatter") {
            var span = other.mutableSpan
            try world.scatter(all.span, into: &span, root: 0)
        }
        world.expect(other[count - 1], rank, "what was dealt")
        // MPI has memory of its own for a sum, which is the same for an array.
        let forArrays = try rise(world) { try world.allReduce(inPlace: &own, .sum) }
        let forSpans = try rise(world) {
            var span = other.mutableSpan
            try world.allReduce(inPlace: &span, .sum)
        }
        world.expect(forSpans - forArrays < byteCount / 2, none, "a sum took \(forSpans - forArrays) bytes more")
    }

    /// An array all pages of which are there.
    private static func touched(_ value: Int) -> [Int] { [Int](repeating: value, count: count) }

    /// By how many bytes the most memory rises above what the process has now.
    private static func rise(_ world: Communicator, _ body: () throws -> Void) throws -> Int {
        guard let file = fopen("/proc/self/clear_refs", "w") else { Check.fail(world, "the peak is not to be reset") }
        fputs("5", file)
        guard fclose(file) == 0 else { Check.fail(world, "the peak is not to be reset") }
        let before = kilobytes("VmRSS:")
        try body()
        return 1024 * (kilobytes("VmHWM:") - before)
    }

    /// A number of /proc/self/status.
    static func kilobytes(_ name: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 1000)
        while fgets(&line, 1000, file) != nil {
            if strncmp(line, name, strlen(name)) == 0 { return Int(strtol(Array(line[strlen(name)...]), nil, 10)) }
        }
        return 0
    }
}
