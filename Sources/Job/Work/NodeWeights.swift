import AstroMAE
import Collectives
import PhotozMachine

/// The job's network: rank 0 reads the file, folds and packs it, and each node gets one copy that its ranks share.
struct NodeWeights {
    let nodes: Nodes

    /// The network, ready to run on every rank. Every rank calls it.
    ///
    /// - Parameters:
    ///   - weights: The opened file on rank 0, nil elsewhere.
    ///   - cache: Where rank 0 keeps packed weights; nil for nowhere.
    ///   - shape: The network's sizes.
    ///   - precision: How the weights are stored.
    ///   - instructionSet: What to pack the weights for.
    /// - Returns: The network, and on rank 0 how its packed weights came about.
    /// - Throws: `WeightsError`, `HDF5Error` on rank 0; a communication error anywhere.
    func load(
        _ weights: OpenedWeights?, _ cache: WeightsCache?, of shape: NetworkShape, _ precision: Precision,
        for instructionSet: InstructionSet
    ) throws -> (network: PreparedNetwork, origin: WeightsOrigin?) {
        let memory = try nodes.memory(byteCount: PreparedNetwork.byteCount(of: shape, precision, for: instructionSet))
        let origin = try weights?.pack(precision, for: instructionSet, into: memory.bytes, cache)
        try nodes.spread(memory)
        let network = PreparedNetwork(
            shape, precision, packedFor: instructionSet, in: UnsafeRawBufferPointer(memory.bytes), owner: memory)
        return (network, origin)
    }
}
