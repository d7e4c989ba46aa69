import CMPI

/// Communicators of some of the ranks, or of all anew. They wait as the one they come from does now, and are kept until
/// they are freed or MPI is finished: a rank can be in some tens of thousands of communicators at a time.
extension Communicator {
    /// The ranks of this node, in the order of their ranks here. Every rank calls it.
    ///
    /// - Throws: ``CollectiveError``
    public func splitByNode() throws(CollectiveError) -> Communicator {
        var node = cmpi_comm_null()
        try callTogether("MPI_Comm_split_type") {
            MPI_Comm_split_type(handle, Int32(MPI_COMM_TYPE_SHARED), Int32(rank), cmpi_info_null(), &node)
        }
        return try splitOff(node)
    }

    /// The ranks that say they belong to it, in the order of their ranks here; nil on the others. Every rank calls it.
    ///
    /// - Throws: ``CollectiveError``
    public func split(_ belongs: Bool) throws(CollectiveError) -> Communicator? {
        try split(color: belongs ? 0 : nil, key: rank)
    }

    /// The ranks that give the same color; nil on those that give none. Every rank calls it.
    ///
    /// - Parameters:
    ///   - color: A number from 0 to 2 147 483 647.
    ///   - key: Orders the ranks of a color, the smallest first; those with the same key stay in the order of their
    ///     ranks here. A number that fits 32 bits.
    /// - Throws: ``CollectiveError``, on every rank when a rank gives another color or key.
    public func split(color: Int?, key: Int = 0) throws(CollectiveError) -> Communicator? {
        let (color, key) = (color.map { Int64($0) }, Int64(key))
        // The complement turns the order round: the largest of it is that of the smallest number.
        let bounds = try largest([color ?? 0, ~(color ?? 0), key, ~key])
        guard ~bounds[1] >= 0, bounds[0] <= Int32.max, ~bounds[3] >= Int32.min, bounds[2] <= Int32.max else {
            throw CollectiveError(
                routine: "split",
                reason: """
                    colors are from \(~bounds[1]) to \(bounds[0]) and keys from \(~bounds[3]) to \(bounds[2]); colors \
                    start at 0, and all must fit 32 bits
                    """)
        }
        var part = cmpi_comm_null()
        let mark = color.map { Int32($0) } ?? Int32(MPI_UNDEFINED)
        try Turn.with("split") { () throws(CollectiveError) in
            try check(MPI_Comm_split(handle, mark, Int32(key), &part), "MPI_Comm_split")
        }
        guard color != nil else {
            _ = try waiting.board?.newTally(for: nil)
            return nil
        }
        return try splitOff(part)
    }

    /// These ranks, in this order; nil on the others. Every rank calls it with the same list.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the lists differ, or one is named twice or is no rank.
    public func subset(_ ranks: [Int]) throws(CollectiveError) -> Communicator? {
        try requireSame(ranks)
        try requireDifferent(ranks, of: size, "subset")
        let place = ranks.firstIndex(of: rank)
        return try split(color: place.map { _ in 0 }, key: place ?? 0)
    }

    /// Requires that every rank names the same ranks for a subset.
    func requireSame(_ ranks: [Int]) throws(CollectiveError) {
        let first = try broadcast(rank == 0 ? ranks : nil, root: 0)
        let other = try largest([first == ranks ? 0 : Int64(rank), 0, 0, 0])[0]
        guard other == 0 else {
            throw CollectiveError(routine: "subset", reason: "rank \(other) names other ranks than rank 0")
        }
    }

    /// All ranks, in the same order: messages and collectives of the two do not meet. Every rank calls it.
    ///
    /// - Throws: ``CollectiveError``
    public func duplicate() throws(CollectiveError) -> Communicator {
        var copy = cmpi_comm_null()
        try callTogether("MPI_Comm_dup") { MPI_Comm_dup(handle, &copy) }
        return try splitOff(copy)
    }

    /// A communicator of MPI's, which waits as this one does now.
    private func splitOff(_ handle: CommunicatorHandle) throws(CollectiveError) -> Communicator {
        let part = try Turn.with("split") { () throws(CollectiveError) in
            defer { Belongings.add(communicator: handle) }
            return try Communicator(handle)
        }
        let tally = try waiting.board?.newTally(for: part)
        (part.waiting.tally, part.waiting.ownTally) = (tally, tally)
        part.waiting.patience = patience
        return part
    }
}
