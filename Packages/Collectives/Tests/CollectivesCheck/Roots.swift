import Collectives

/// Rooted operations with every root, and roots that are no ranks.
enum Roots {
    static func check(_ world: Communicator) throws {
        let (rank, size) = (world.rank, world.size)
        for root in 0..<size {
            let mine = rank == root
            world.expect(try world.gather(rank * rank, root: root), mine ? (0..<size).map { $0 * $0 } : nil, "gather")
            world.expect(
                try world.gather([rank, -rank], root: root), mine ? (0..<size).flatMap { [$0, -$0] } : nil,
                "gather of arrays")
            world.expect(
                try world.gatherVarying([Int](repeating: rank, count: rank), root: root),
                mine ? (0..<size).map { [Int](repeating: $0, count: $0) } : nil, "gatherVarying")
            let parts = mine ? (0..<size).map { [Float](repeating: Float($0), count: size - $0 - 1) } : nil
            world.expect(
                try world.scatterVarying(parts, root: root), [Float](repeating: Float(rank), count: size - rank - 1),
                "scatterVarying")
            world.expect(
                try world.scatter(mine ? Array(0..<3 * size) : nil, root: root), Array(3 * rank..<3 * rank + 3),
                "scatter of three each")
            world.expect(
                try world.broadcast(mine ? Array(0..<root + 2) : nil, root: root), Array(0..<root + 2),
                "broadcast of an array")
            world.expect(
                try world.reduce([rank, 1, -rank], .max, root: root), mine ? [size - 1, 1, 0] : nil, "reduce of arrays")
            var bytes = [UInt8](repeating: mine ? 7 : 0, count: 5)
            try bytes.withUnsafeMutableBytes { try world.broadcast(into: $0, root: root) }
            world.expect(bytes, [7, 7, 7, 7, 7], "broadcast into memory")
        }
        world.expect(
            try world.allToAllVarying(
                (0..<size).map { [Int32](repeating: Int32(100 * rank + $0), count: (rank + $0) % 3) }),
            (0..<size).map { [Int32](repeating: Int32(100 * $0 + rank), count: (rank + $0) % 3) }, "allToAllVarying")
        world.expect(
            try world.allToAllVarying([[Int]](repeating: [], count: size)), [[Int]](repeating: [], count: size),
            "allToAllVarying of nothing")
        world.expectError("allToAllVarying with too few", { $0.kind == .misuse }) {
            _ = try world.allToAllVarying([[Int]](repeating: [1], count: size - 1))
        }
        for root in [-1, size] {
            world.expectError("gather to \(root)", { $0.kind == .misuse }) { _ = try world.gather(1, root: root) }
            world.expectError("reduce to \(root)", { $0.kind == .misuse }) { _ = try world.reduce(1, .sum, root: root) }
            world.expectError("send to \(root)", { $0.kind == .misuse }) { try world.send(1, to: root) }
            world.expectError("broadcast from \(root)", { $0.kind == .misuse }) {
                _ = try world.broadcast(1, root: root)
            }
        }
    }
}
