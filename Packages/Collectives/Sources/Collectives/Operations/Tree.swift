/// Reductions in an order that is fixed by the ranks alone: see ``Reduction/reproducible``.
extension Communicator {
    /// `root` gets all ranks' values combined: neighbours first, then pairs of neighbours, and so on, on rank 0.
    func reduceInTree(
        _ operands: Operands, _ count: Int, _ combiner: Combiner, root: Int
    ) throws(CollectiveError) {
        try countCollective("reduce")
        let pieces = Pieces(of: count, stride: combiner.stride)
        try pieces.withMemory(for: 2) { memory throws(CollectiveError) in
            for index in 0..<pieces.count {
                let (first, byteCount) = pieces.piece(index)
                let part = operands.from(first)
                let combined = try combineInTree(part.values, byteCount, combiner, memory)
                guard root == 0 else {
                    if rank == 0 { try sendPiece(combined, byteCount, to: root) }
                    if rank == root, let result = part.result { try receivePiece(result, byteCount, from: 0) }
                    continue
                }
                if rank == 0 { part.result?.copyMemory(from: combined, byteCount: byteCount) }
            }
        }
    }

    /// What rank 0 gets, in one of two pieces of memory; meaningless on the others.
    private func combineInTree(
        _ values: UnsafeRawPointer, _ byteCount: Int, _ combiner: Combiner, _ memory: [UnsafeMutableRawPointer]
    ) throws(CollectiveError) -> UnsafeMutableRawPointer {
        var (own, other) = (memory[0], memory[1])
        own.copyMemory(from: values, byteCount: byteCount)
        var step = 1
        while step < size {
            guard rank % (2 * step) == 0 else {
                try sendPiece(own, byteCount, to: rank - step)
                return own
            }
            if rank + step < size {
                try receivePiece(other, byteCount, from: rank + step)
                try combiner.combine(own, other, byteCount / combiner.stride)
                swap(&own, &other)
            }
            step *= 2
        }
        return own
    }
}
