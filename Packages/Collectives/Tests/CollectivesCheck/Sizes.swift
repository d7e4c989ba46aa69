import Collectives

/// Elements whose size differs between ranks: an error on every rank, and the communicator works afterwards.
enum Sizes {
    static func check(_ world: Communicator) throws {
        guard world.size > 1 else { return }
        for odd in Set([0, world.size / 2, world.size - 1]).sorted() {
            if world.rank == odd {
                try differ(world, odd, Int16(1))
            } else {
                try differ(world, odd, Int(1))
            }
        }
    }

    private static func differ<T: MPINumber>(_ world: Communicator, _ odd: Int, _ one: T) throws {
        let (rank, size) = (world.rank, world.size)
        let values = [T](repeating: one, count: 4 * size)
        let subtract = Reduction<T>.custom(commutative: false, associative: false) { $0 - $1 }
        var calls: [(String, () throws -> Void)] = [
            (
                "allReduce",
                {
                    var changed = values
                    try world.allReduce(inPlace: &changed, .sum)
                }
            ),
            ("scan", { _ = try world.scan(values, .sum) }),
            ("exclusiveScan", { _ = try world.exclusiveScan(values, subtract) }),
            ("buffer", { _ = try AgreedBuffer<T>(count: 8, on: world) }),
            ("allToAllVarying", { _ = try world.allToAllVarying([[T]](repeating: [one], count: size)) }),
        ]
        for root in Set([0, size - 1]).sorted() {
            let parts = rank == root ? [[T]](repeating: [one], count: size) : nil
            calls += [
                ("gather", { _ = try world.gather(values, root: root) }),
                ("gatherVarying", { _ = try world.gatherVarying(values, root: root) }),
                ("reduce", { _ = try world.reduce(values, .sum, root: root) }),
                ("reduce in order", { _ = try world.reduce(values, subtract, root: root) }),
                ("broadcast", { _ = try world.broadcast(rank == root ? values : nil, root: root) }),
                ("scatter", { _ = try world.scatter(rank == root ? values : nil, root: root) }),
                ("scatterVarying", { _ = try world.scatterVarying(parts, root: root) }),
            ]
        }
        let (size2, size8) = (MemoryLayout<Int16>.stride, MemoryLayout<Int>.stride)
        for (name, call) in calls {
            world.expectError(
                "\(name) of other elements on rank \(odd)",
                {
                    $0.reason.contains("sizes of elements differ") && $0.reason.contains("\(size2) on rank \(odd)")
                        && $0.reason.contains("\(size8) on rank \(odd == 0 ? 1 : 0)")
                }, call)
            world.expect(try world.allReduce(1, .sum), size, "a sum after \(name) failed")
        }
    }
}
