import Collectives

/// How the ranks lie on nodes.
struct Nodes {
    let world: Communicator
    /// The ranks of this node.
    let node: Communicator
    /// The first rank of each node; nil on the others.
    let leaders: Communicator?

    /// Every rank calls it.
    ///
    /// - Throws: A communication error.
    init(_ world: Communicator, node: Communicator) throws {
        (self.world, self.node) = (world, node)
        leaders = try world.split(node.rank == 0)
    }

    /// Memory of the node, as large on each.
    ///
    /// - Throws: A communication error.
    func memory(byteCount: Int) throws -> SharedMemory { try SharedMemory(byteCount: byteCount, on: node) }

    /// Brings rank 0's memory to that of every other node. One rank of each node hears from rank 0: thousands must not.
    /// Every rank calls it.
    ///
    /// - Throws: A communication error.
    func spread(_ memory: SharedMemory) throws {
        if let leaders, leaders.size > 1 { try leaders.broadcast(into: memory.bytes, root: 0) }
        try memory.synchronize()
    }

    /// Rank 0's bytes in the memory of each node; the others give nil. Every rank calls it.
    ///
    /// - Throws: A communication error.
    func copy(_ bytes: UnsafeRawBufferPointer?) throws -> SharedMemory {
        let memory = try memory(byteCount: try world.broadcast(bytes?.count ?? 0, root: 0))
        if let bytes { memory.bytes.copyMemory(from: bytes) }
        try spread(memory)
        return memory
    }
}
