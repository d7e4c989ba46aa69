import CMPI

/// Values of one rank, dealt to all. The elements are numbers or plain structs.
extension Communicator {
    /// Rank r's part of `root`'s list: the r-th of as many equal parts as there are ranks. The others give nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the list cannot be dealt evenly, or the elements differ in
    ///   size.
    public func scatter<T: BitwiseCopyable>(_ values: [T]?, root: Int) throws(CollectiveError) -> [T] {
        let target = try requireRank(root, "scatter")
        let part = try evenPart(of: agree(onCountOf: values, of: root, "scatter"), "scatter")
        return try receivedArray(part) { memory throws(CollectiveError) in
            try (values ?? []).withElements { all throws(CollectiveError) in
                try scatter(all, into: memory, part * MemoryLayout<T>.stride, root: target)
            }
        }
    }

    /// The array that `root` has for this rank: one of any length for each rank. The others give nil.
    ///
    /// - Throws: ``CollectiveError``, on every rank when there is not one array for each rank, or the elements differ
    ///   in size.
    public func scatterVarying<T: BitwiseCopyable>(_ parts: [[T]]?, root: Int) throws(CollectiveError) -> [T] {
        _ = try requireRank(root, "scatter")
        let given = try agree(onNumber: parts?.count ?? -1, of: root, elements: T.self, "scatter")
        guard given == size else {
            throw CollectiveError(
                routine: "scatter", reason: "rank \(root) gives \(max(given, 0)) arrays for \(size) ranks")
        }
        guard rank == root, let parts else { return try receiveArray(of: T.self, from: root, .ofCollectives) }
        for (target, part) in parts.enumerated() where target != root {
            try part.withElements { memory throws(CollectiveError) in
                try send(UnsafeRawBufferPointer(of: memory, part.count), to: target, .ofCollectives)
            }
        }
        return parts[root]
    }

    /// - Parameter own: On the root, it may be its place among all.
    func scatter(
        _ all: UnsafeRawPointer, into own: UnsafeMutableRawPointer, _ bytesPerRank: Int, root: Int32
    ) throws(CollectiveError) {
        guard bytesPerRank * size <= Parts.largest else {
            return try scatterByMessages(all, into: own, bytesPerRank, root: Int(root))
        }
        let (byte, count) = (cmpi_byte(), Int32(bytesPerRank))
        let isInPlace = rank == root && all + rank * bytesPerRank == UnsafeRawPointer(own)
        let target = isInPlace ? cmpi_in_place() : own
        try collective(
            "MPI_Scatter",
            { MPI_Scatter(all, count, byte, target, count, byte, root, handle) },
            { MPI_Iscatter(all, count, byte, target, count, byte, root, handle, $0) })
    }

    /// What goes past MPI's counts.
    private func scatterByMessages(
        _ all: UnsafeRawPointer, into own: UnsafeMutableRawPointer, _ bytesPerRank: Int, root: Int
    ) throws(CollectiveError) {
        try countCollective("MPI_Scatter")
        guard rank == root else { return try receivePiece(own, bytesPerRank, from: root) }
        for target in 0..<size {
            let place = all + target * bytesPerRank
            if target == root {
                Operands(place, into: own).copyValues(bytesPerRank)
            } else {
                try sendPiece(place, bytesPerRank, to: target)
            }
        }
    }
}
