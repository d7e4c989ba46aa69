import AstroMAE
import Collectives

/// A node's one copy of the packed weights: its first rank reads the file, the others see the same memory.
enum NodeWeights {
    /// The network, ready to run on every rank of the node.
    ///
    /// - Parameters:
    ///   - weights: The opened file on the node's first rank, nil elsewhere.
    ///   - shape: The network's sizes.
    ///   - node: The ranks of this node.
    ///   - instructionSet: What to pack the weights for.
    /// - Throws: `WeightsError`, `HDF5Error` on the first rank; a communication error anywhere.
    static func load(
        _ weights: WeightsFile?, of shape: NetworkShape, on node: Communicator, for instructionSet: InstructionSet
    ) throws -> PreparedNetwork {
        let memory = try SharedMemory(
            byteCount: PreparedNetwork.byteCount(of: shape, for: instructionSet), on: node)
        if let weights { try PreparedNetwork.pack(weights, for: instructionSet, into: memory.bytes) }
        try memory.synchronize()
        return PreparedNetwork(
            shape, packedFor: instructionSet, in: UnsafeRawBufferPointer(memory.bytes), owner: memory)
    }
}
