import AstroMAE
import Collectives

/// The job's network: rank 0 reads the file, folds and packs it, and each node gets one copy that its ranks share.
struct NodeWeights {
    let nodes: Nodes

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
        let memory = try nodes.memory(byteCount: PreparedNetwork.byteCount(of: shape, precision, for: instructionSet))
        if let weights { try PreparedNetwork.pack(weights, precision, for: instructionSet, into: memory.bytes) }
        try nodes.spread(memory)
        return PreparedNetwork(
            shape, precision, packedFor: instructionSet, in: UnsafeRawBufferPointer(memory.bytes), owner: memory)
    }
}
