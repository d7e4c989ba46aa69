import Collectives

/// Memory that the ranks of a node share, and the claim that lets one of them speak.
enum Memory {
    static func check(_ world: Communicator) throws {
        let node = try world.splitByNode()
        world.expect(node.size, world.size, "all test ranks are on one node")
        let memory = try SharedMemory(byteCount: 1 << 20, on: node)
        world.expect(memory.bytes.count, 1 << 20, "size")
        world.expect(UInt(bitPattern: memory.bytes.baseAddress) % 64, 0, "alignment")
        world.expect(memory.bytes.allSatisfy { $0 == 0 }, true, "zero at first")
        try memory.synchronize()
        for writer in 0..<node.size {
            if node.rank == writer { memory.bytes.storeBytes(of: writer + 100, toByteOffset: writer * 8, as: Int.self) }
            try memory.synchronize()
            world.expect(
                memory.bytes.load(fromByteOffset: writer * 8, as: Int.self), writer + 100, "written by \(writer)")
            try memory.synchronize()
        }
        let failures = try FirstFailure(on: node)
        let claims = try world.allReduce((0..<3).count { _ in failures.claim() }, .sum)
        world.expect(claims, 1, "claims that were granted")
        world.expectError("a negative size", { $0.reason == "on rank 0, the length is -5" }) {
            _ = try SharedMemory(byteCount: -5, on: node)
        }
        for size in [Int.max, Int.max - 64, 1 << 62] {
            world.expectError("\(size) bytes", { $0.reason == "there is no memory for \(size) bytes" }) {
                _ = try SharedMemory(byteCount: size, on: node)
            }
        }
        // Alone, a rank has nobody to differ from.
        guard world.size > 1 else { return }
        world.expectError("sizes that differ", isLengthError) {
            _ = try SharedMemory(byteCount: 64 + node.rank, on: node)
        }
    }

    static func isLengthError(_ error: CollectiveError) -> Bool {
        if case .lengthsDiffer = error.kind { true } else { false }
    }
}
