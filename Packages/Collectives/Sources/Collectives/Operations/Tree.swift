import CMPI

/// Reductions and scans in an order that is fixed by the ranks alone: see ``Reduction/reproducible``.
extension Communicator {
    /// Rank 0 gets all ranks' values combined: neighbours first, then pairs of neighbours, and so on.
    func reduceInTree(
        _ values: UnsafeMutableRawPointer, _ count: Int, stride: Int, _ handles: Handles
    ) throws(CollectiveError) {
        try inPieces(values, count, stride: stride, "reduce") { piece, own, other, length throws(CollectiveError) in
            var (own, other) = (own, other)
            own.copyMemory(from: piece, byteCount: Int(length) * stride)
            var step = 1
            while step < size, rank % (2 * step) == 0 {
                if rank + step < size {
                    try receivePiece(other, length, from: rank + step, handles)
                    try combine(own, into: other, length, handles)
                    swap(&own, &other)
                }
                step *= 2
            }
            if step < size {
                try sendPiece(own, length, to: rank - step, handles)
            } else {
                piece.copyMemory(from: own, byteCount: Int(length) * stride)
            }
        }
    }

    /// Each rank gets those before it combined, and its own: from rank to rank.
    ///
    /// - Parameter isExclusive: Whether without its own; rank 0 then keeps what it has.
    func scanInChain(
        _ values: UnsafeMutableRawPointer, _ count: Int, stride: Int, _ handles: Handles, isExclusive: Bool
    ) throws(CollectiveError) {
        try inPieces(values, count, stride: stride, "scan") { piece, own, before, length throws(CollectiveError) in
            let byteCount = Int(length) * stride
            own.copyMemory(from: piece, byteCount: byteCount)
            if rank > 0 {
                try receivePiece(before, length, from: rank - 1, handles)
                try combine(before, into: own, length, handles)
                piece.copyMemory(from: isExclusive ? before : own, byteCount: byteCount)
            }
            if rank + 1 < size { try sendPiece(own, length, to: rank + 1, handles) }
        }
    }

    /// Calls `body` for each piece of the values, with memory for two of them. Pieces of one rank are under way while
    /// others combine.
    private func inPieces(
        _ values: UnsafeMutableRawPointer, _ count: Int, stride: Int, _ routine: String,
        _ body: (UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int32)
            throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        try countCollective(routine)
        let piece = max(min(count, (1 << 16) / stride), 1)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 2 * piece * stride, alignment: 64)
        try forEachPart(of: count, atMost: piece) { first, length throws(CollectiveError) in
            try body(values + first * stride, memory, memory + piece * stride, length)
        }
        // Only now: what failed may be pending.
        memory.deallocate()
    }

    private func combine(
        _ left: UnsafeMutableRawPointer, into right: UnsafeMutableRawPointer, _ length: Int32, _ handles: Handles
    ) throws(CollectiveError) {
        try check(MPI_Reduce_local(left, right, length, handles.datatype, handles.operation), "MPI_Reduce_local")
    }

    func sendPiece(
        _ values: UnsafeMutableRawPointer, _ length: Int32, to target: Int, _ handles: Handles
    ) throws(CollectiveError) {
        let (target, tag) = (Int32(target), MessageTag.ofCollectives.rawValue)
        try step(
            "MPI_Send", { MPI_Send(values, length, handles.datatype, target, tag, handle) },
            { MPI_Isend(values, length, handles.datatype, target, tag, handle, $0) })
    }

    func receivePiece(
        _ values: UnsafeMutableRawPointer, _ length: Int32, from source: Int, _ handles: Handles
    ) throws(CollectiveError) {
        let (source, tag) = (Int32(source), MessageTag.ofCollectives.rawValue)
        try step(
            "MPI_Recv", { MPI_Recv(values, length, handles.datatype, source, tag, handle, cmpi_status_ignore()) },
            { MPI_Irecv(values, length, handles.datatype, source, tag, handle, $0) })
    }
}
