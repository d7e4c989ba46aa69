import CMPI

/// How two pieces of values become one where this library sees to the order, and not MPI.
struct Combiner {
    /// Of an element, in bytes.
    let stride: Int
    /// Replaces the second piece by the first one combined with it, element by element.
    let combine: (UnsafeMutableRawPointer, UnsafeMutableRawPointer, Int) throws(CollectiveError) -> Void
    /// Those of a function that is called strictly left to right; nil where MPI calls it.
    var faults: Faults?
}

extension Reduction {
    /// - Parameter handles: Of MPI's own operation; nil for a function that is evaluated strictly left to right.
    func combiner(_ handles: Handles?) -> Combiner {
        let stride = MemoryLayout<Element>.stride
        if let handles {
            return Combiner(stride: stride) { left, right, count throws(CollectiveError) in
                let (datatype, operation) = (handles.datatype, handles.operation)
                try Turn.with("MPI_Reduce_local") { () throws(CollectiveError) in
                    try check(MPI_Reduce_local(left, right, Int32(count), datatype, operation), "MPI_Reduce_local")
                }
            }
        }
        guard case .function(let loop, _) = kind else { preconditionFailure("MPI has handles for its own operations") }
        let faults = Faults()
        let combine = { (left: UnsafeMutableRawPointer, right: UnsafeMutableRawPointer, count) in
            loop(left.assumingMemoryBound(to: Element.self), right.assumingMemoryBound(to: Element.self), count)
        }
        return Combiner(
            stride: stride,
            combine: { left, right, count throws(CollectiveError) in
                // MPI would have it, too: a task's test may run another function meanwhile.
                try Turn.with("reduction") { Combination.run(faults) { combine(left, right, count) } }
            }, faults: faults)
    }
}

/// A long array goes from rank to rank in pieces, so that some are under way while others are combined.
struct Pieces {
    /// Of a piece, in bytes.
    private let length: Int
    private let total: Int

    init(of count: Int, stride: Int) {
        length = max(Self.longest / stride, 1) * stride
        total = count * stride
    }

    /// Short enough for two of them to stay in a core's cache, and long enough for a message to be worth its while.
    private static let longest = 1 << 16

    var count: Int { (total + length - 1) / length }

    /// Where a piece begins, and its length, in bytes.
    func piece(_ index: Int) -> (first: Int, byteCount: Int) {
        (index * length, min(length, total - index * length))
    }

    /// Memory for `number` pieces, one behind another.
    func withMemory(
        for number: Int, _ body: ([UnsafeMutableRawPointer]) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        let room = min(length, total)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: number * room, alignment: 64)
        try body((0..<number).map { memory + $0 * room })
        // Only now: what failed may be pending.
        memory.deallocate()
    }
}

/// Parts of arrays whose lengths both ranks know, in messages that are a part of a collective.
extension Communicator {
    func sendPiece(_ bytes: UnsafeRawPointer, _ byteCount: Int, to target: Int) throws(CollectiveError) {
        let (target, tag) = (Int32(target), MessageTag.ofCollectives.rawValue)
        try forEachPart(of: byteCount) { first, length throws(CollectiveError) in
            let start = bytes + first
            try step(
                "MPI_Send", { MPI_Send(start, length, cmpi_byte(), target, tag, handle) },
                { MPI_Isend(start, length, cmpi_byte(), target, tag, handle, $0) })
        }
    }

    func receivePiece(_ bytes: UnsafeMutableRawPointer, _ byteCount: Int, from source: Int) throws(CollectiveError) {
        let (source, tag) = (Int32(source), MessageTag.ofCollectives.rawValue)
        try forEachPart(of: byteCount) { first, length throws(CollectiveError) in
            let start = bytes + first
            try step(
                "MPI_Recv", { MPI_Recv(start, length, cmpi_byte(), source, tag, handle, cmpi_status_ignore()) },
                { MPI_Irecv(start, length, cmpi_byte(), source, tag, handle, $0) })
        }
    }
}
