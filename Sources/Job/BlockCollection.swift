import Collectives
import Survey

/// Brings the predictions of all ranks to rank 0, block by block in data-set order.
struct BlockCollection {
    let communicator: Communicator
    /// The galaxies of each rank: neighbouring runs, in rank order.
    let shares: [Range<Int>]

    /// Calls `body` on rank 0 with each block of ``PredictionsWriter/block`` galaxies, the last one smaller. Blocks do not
    /// depend on the number of ranks, so what is written in them does not either.
    ///
    /// - Parameters:
    ///   - predictions: This rank's photometric redshifts.
    ///   - redshifts: Their spectroscopic redshifts.
    ///   - body: Gets a block's first galaxy, its photometric and its spectroscopic redshifts.
    /// - Throws: A communication error, or what `body` throws.
    func forEachBlock(
        predictions: [Float], redshifts: [Float], _ body: (Int, [Float], [Float]) throws -> Void
    ) throws {
        let total = shares.last?.upperBound ?? 0
        for first in stride(from: 0, to: total, by: PredictionsWriter.block) {
            let block = first..<min(first + PredictionsWriter.block, total)
            if communicator.rank == 0 {
                let (p, z) = try receive(block, predictions: predictions, redshifts: redshifts)
                try body(first, p, z)
            } else {
                try send(block, predictions: predictions, redshifts: redshifts)
            }
        }
    }

    /// A rank's part of a block, as a range of its own galaxies.
    private func part(of block: Range<Int>, rank: Int) -> Range<Int> {
        let common = block.clamped(to: shares[rank])
        return common.lowerBound - shares[rank].lowerBound..<common.upperBound - shares[rank].lowerBound
    }

    private func send(_ block: Range<Int>, predictions: [Float], redshifts: [Float]) throws {
        let part = part(of: block, rank: communicator.rank)
        guard !part.isEmpty else { return }
        try communicator.send(Array(predictions[part]), to: 0)
        try communicator.send(Array(redshifts[part]), to: 0)
    }

    private func receive(
        _ block: Range<Int>, predictions: [Float], redshifts: [Float]
    ) throws -> (predictions: [Float], redshifts: [Float]) {
        var (p, z): ([Float], [Float]) = ([], [])
        for rank in shares.indices {
            let part = part(of: block, rank: rank)
            guard !part.isEmpty else { continue }
            if rank == 0 {
                p += predictions[part]
                z += redshifts[part]
            } else {
                p += try communicator.receiveArray(of: Float.self, from: rank)
                z += try communicator.receiveArray(of: Float.self, from: rank)
            }
        }
        return (p, z)
    }
}
