import AstroMAE
import Collectives

/// The job's network: rank 0 reads the file, folds and packs it, and each node gets one copy that its ranks share.
struct NodeWeights {
    let world: Communicator
    let node: Communicator

    /// The network, ready to run on every rank. Every rank calls it.
    ///
    /// - Parameters:
    ///   - weights: The opened file on rank 0, nil elsewhere.
    ///   - shape: The network's sizes.
    ///   - precision: How the weights are stored.
    ///   - instructionSet: What to pack the weights for.
    /// - Throws: `WeightsError`, `HDF5Error` on rank 0; a communication error anywhere.
    func load(
        _ weights: WeightsFile?, of shape: NetworkShape, _ precision: Precision, for instructionSet: InstructionSet
    ) throws -> PreparedNetwork {
        let memory = try SharedMemory(
            byteCount: PreparedNetwork.byteCount(of: shape, precision, for: instructionSet), on: node)
        if let weights { try PreparedNetwork.pack(weights, precision, for: instructionSet, into: memory.bytes) }
        // One rank of each node hears from rank 0: thousands of ranks must not open one file.
        if let leaders = try world.split(node.rank == 0), leaders.size > 1 {
            try leaders.broadcast(into: memory.bytes, root: 0)
        }
        try memory.synchronize()
        return PreparedNetwork(
            shape, precision, packedFor: instructionSet, in: UnsafeRawBufferPointer(memory.bytes), owner: memory)
    }
}
