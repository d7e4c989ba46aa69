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
    ///   - columns: Numbers of this rank's galaxies, such as their redshifts; as many columns on every rank.
    ///   - body: Gets a block's first galaxy, and the columns of the block.
    /// - Throws: A communication error, or what `body` throws.
    func forEachBlock(_ columns: [[Float]], _ body: (Int, [[Float]]) throws -> Void) throws {
        let total = shares.last?.upperBound ?? 0
        for first in stride(from: 0, to: total, by: PredictionsWriter.block) {
            let block = first..<min(first + PredictionsWriter.block, total)
            if communicator.rank == 0 {
                try body(first, try columns.map { try receive(block, $0) })
            } else {
                for column in columns { try send(block, column) }
            }
        }
    }

    /// A rank's part of a block, as a range of its own galaxies.
    private func part(of block: Range<Int>, rank: Int) -> Range<Int> {
        let common = block.clamped(to: shares[rank])
        return common.lowerBound - shares[rank].lowerBound..<common.upperBound - shares[rank].lowerBound
    }

    private func send(_ block: Range<Int>, _ column: [Float]) throws {
        let part = part(of: block, rank: communicator.rank)
        guard !part.isEmpty else { return }
        try communicator.send(Array(column[part]), to: 0)
    }

    private func receive(_ block: Range<Int>, _ column: [Float]) throws -> [Float] {
        var whole: [Float] = []
        for rank in shares.indices {
            let part = part(of: block, rank: rank)
            guard !part.isEmpty else { continue }
            whole += rank == 0 ? Array(column[part]) : try communicator.receiveArray(of: Float.self, from: rank)
        }
        return whole
    }
}
