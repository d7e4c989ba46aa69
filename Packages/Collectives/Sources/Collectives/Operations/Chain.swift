/// Reductions and scans from rank to rank: strictly left to right.
extension Communicator {
    /// `root` gets ((v0 op v1) op v2) op ...
    func reduceInChain(
        _ operands: Operands, _ count: Int, _ combiner: Combiner, root: Int
    ) throws(CollectiveError) {
        try countCollective("reduce")
        let pieces = Pieces(of: count, stride: combiner.stride)
        if root == size - 2 { return try reduceFromBothSides(operands, pieces, combiner, root: root) }
        // A piece comes back to the root from the last rank when the ranks behind it each have one in their hands.
        let (last, isRoot) = (size - 1, rank == root)
        let late = isRoot ? max(last - root - 1, 0) : 0
        try pieces.withMemory(for: 2) { memory throws(CollectiveError) in
            for index in 0..<pieces.count + late {
                if index < pieces.count {
                    let (first, byteCount) = pieces.piece(index)
                    try passOn(operands.from(first), byteCount, combiner, root: root, memory)
                }
                guard isRoot, root < last, index >= late, let result = operands.result else { continue }
                let (first, byteCount) = pieces.piece(index - late)
                try receivePiece(result + first, byteCount, from: last)
            }
        }
    }

    /// The same for a root that has one rank behind it, which gives it its own values: each piece goes one way only.
    private func reduceFromBothSides(
        _ operands: Operands, _ pieces: Pieces, _ combiner: Combiner, root: Int
    ) throws(CollectiveError) {
        try pieces.withMemory(for: 2) { memory throws(CollectiveError) in
            for index in 0..<pieces.count {
                let (first, byteCount) = pieces.piece(index)
                let part = operands.from(first)
                guard rank <= root else {
                    try sendPiece(part.values, byteCount, to: root)
                    continue
                }
                guard rank == root, let result = part.result else {
                    try passOn(part, byteCount, combiner, root: root, memory)
                    continue
                }
                let before = try prefix(of: part, byteCount, combiner, in: memory[1], memory[0])
                // Not over the values that are combined with them.
                let target = before == UnsafeRawPointer(result) ? memory[0] : result
                try receivePiece(target, byteCount, from: root + 1)
                try combiner.combine(UnsafeMutableRawPointer(mutating: before), target, byteCount / combiner.stride)
                Operands(target, into: result).copyValues(byteCount)
            }
        }
    }

    /// Combines what comes from the left with a rank's own piece, and gives it to the right; from the last rank, to the
    /// root.
    private func passOn(
        _ operands: Operands, _ byteCount: Int, _ combiner: Combiner, root: Int, _ memory: [UnsafeMutableRawPointer]
    ) throws(CollectiveError) {
        let isLast = rank == size - 1
        // Only the root's own values may be written over.
        let target = isLast && rank == root ? operands.result ?? memory[1] : memory[1]
        let combined = try prefix(of: operands, byteCount, combiner, in: target, memory[0])
        if rank == 0, isLast { operands.copyValues(byteCount) }
        if !isLast {
            try sendPiece(combined, byteCount, to: rank + 1)
        } else if rank != root {
            try sendPiece(combined, byteCount, to: root)
        }
    }

    /// A piece of all ranks up to this one combined: in `target`, or on rank 0 where its values are.
    ///
    /// - Parameter received: Memory for what comes from the left.
    private func prefix(
        of operands: Operands, _ byteCount: Int, _ combiner: Combiner, in target: UnsafeMutableRawPointer,
        _ received: UnsafeMutableRawPointer
    ) throws(CollectiveError) -> UnsafeRawPointer {
        guard rank > 0 else { return operands.values }
        try receivePiece(received, byteCount, from: rank - 1)
        Operands(operands.values, into: target).copyValues(byteCount)
        try combiner.combine(received, target, byteCount / combiner.stride)
        return UnsafeRawPointer(target)
    }

    /// Rank r gets v0 op ... op vr.
    func scanInChain(_ operands: Operands, _ count: Int, _ combiner: Combiner) throws(CollectiveError) {
        try countCollective("scan")
        let pieces = Pieces(of: count, stride: combiner.stride)
        try pieces.withMemory(for: 1) { memory throws(CollectiveError) in
            for index in 0..<pieces.count {
                let (first, byteCount) = pieces.piece(index)
                let part = operands.from(first)
                part.copyValues(byteCount)
                guard let result = part.result else { continue }
                if rank > 0 {
                    try receivePiece(memory[0], byteCount, from: rank - 1)
                    try combiner.combine(memory[0], result, byteCount / combiner.stride)
                }
                if rank + 1 < size { try sendPiece(result, byteCount, to: rank + 1) }
            }
        }
    }

    /// Rank r gets v0 op ... op v(r-1); rank 0's result is left alone.
    func exclusiveScanInChain(_ operands: Operands, _ count: Int, _ combiner: Combiner) throws(CollectiveError) {
        try countCollective("exclusiveScan")
        let pieces = Pieces(of: count, stride: combiner.stride)
        try pieces.withMemory(for: 1) { memory throws(CollectiveError) in
            for index in 0..<pieces.count {
                let (first, byteCount) = pieces.piece(index)
                let part = operands.from(first)
                memory[0].copyMemory(from: part.values, byteCount: byteCount)
                if rank > 0, let result = part.result { try receivePiece(result, byteCount, from: rank - 1) }
                guard rank + 1 < size else { continue }
                if rank > 0, let result = part.result {
                    try combiner.combine(result, memory[0], byteCount / combiner.stride)
                }
                try sendPiece(memory[0], byteCount, to: rank + 1)
            }
        }
    }
}
