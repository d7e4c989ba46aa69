import CMPI

/// Arrays that are on their way between all ranks, as ``Communicator/startBroadcast(_:root:)`` is: every rank gives an
/// array of the same length, and lengths and sizes of elements are compared while they are under way. Where they
/// differ, waiting throws on every rank, and the communicator takes no other operation then.
extension Communicator {
    /// Begins to bring every rank's array to every rank: one behind another in rank order.
    ///
    /// - Throws: ``CollectiveError``
    public func startAllGather<T: BitwiseCopyable>(_ values: [T]) throws(CollectiveError) -> Pending<[T]> {
        let all = PendingArray(values, at: rank * values.count, of: size * values.count)
        let (work, bounds) = underWay("MPI_Iallgather", values, memory: all)
        let pending = Pending(work) { all.array }
        let byteCount = values.count * MemoryLayout<T>.stride
        try begin(work, comparing: bounds) { () throws(CollectiveError) in
            let (byte, start) = (cmpi_byte(), all.bytes.baseAddress)
            guard byteCount > Parts.largest else {
                let length = Int32(byteCount)
                return try work.add { MPI_Iallgather(cmpi_in_place(), 0, byte, start, length, byte, handle, $0) }
            }
            for root in 0..<size {
                try forEachPart(of: byteCount) { first, length throws(CollectiveError) in
                    let place = start.map { $0 + root * byteCount + first }
                    try work.add { MPI_Ibcast(place, length, byte, Int32(root), handle, $0) }
                }
            }
        }
        return pending
    }

    /// Begins to bring every rank's array to `root`: one behind another in rank order. The others get nil.
    ///
    /// - Throws: ``CollectiveError``
    public func startGather<T: BitwiseCopyable>(_ values: [T], root: Int) throws(CollectiveError) -> Pending<[T]?> {
        let target = try requireRank(root, "startGather")
        let isRoot = rank == root
        let memory = isRoot ? PendingArray(values, at: rank * values.count, of: size * values.count) : .init(values)
        let (work, bounds) = underWay("MPI_Igather", values, memory: memory)
        let pending = Pending(work) { isRoot ? memory.array : nil }
        let byteCount = values.count * MemoryLayout<T>.stride
        try begin(work, comparing: bounds) { () throws(CollectiveError) in
            let (byte, start) = (cmpi_byte(), memory.bytes.baseAddress)
            if byteCount * size <= Parts.largest {
                let (own, length) = (isRoot ? cmpi_in_place() : start, Int32(byteCount))
                try work.add { MPI_Igather(own, length, byte, start, length, byte, target, handle, $0) }
            } else if isRoot {
                for source in 0..<size where source != root {
                    try work.receivePiece(start, source * byteCount, byteCount, from: source)
                }
            } else {
                try work.sendPiece(start, 0, byteCount, to: root)
            }
        }
        return pending
    }

    /// Begins to deal `root`'s array to all ranks: rank r gets the r-th of as many equal parts as there are ranks.
    /// Every rank gives an array of that length, and its elements are looked at on `root` only.
    ///
    /// - Throws: ``CollectiveError``; when it is waited for, on every rank, where the array cannot be dealt evenly.
    public func startScatter<T: BitwiseCopyable>(_ values: [T], root: Int) throws(CollectiveError) -> Pending<[T]> {
        let source = try requireRank(root, "startScatter")
        let isRoot = rank == root
        let (all, own) = (PendingArray(isRoot ? values : []), PendingArray<T>(count: values.count / size))
        let (work, bounds) = underWay("MPI_Iscatter", values, isDealt: true, memory: (all, own))
        let pending = Pending(work) { own.array }
        let byteCount = own.bytes.count
        try begin(work, comparing: bounds) { () throws(CollectiveError) in
            guard values.count % size == 0 else { return }
            let (byte, start, place) = (cmpi_byte(), all.bytes.baseAddress, own.bytes.baseAddress)
            if byteCount * size <= Parts.largest {
                let length = Int32(byteCount)
                try work.add { MPI_Iscatter(start, length, byte, place, length, byte, source, handle, $0) }
            } else {
                try work.receivePiece(place, 0, byteCount, from: root)
                guard isRoot else { return }
                for target in 0..<size { try work.sendPiece(start, target * byteCount, byteCount, to: target) }
            }
        }
        return pending
    }

    /// Begins to bring to every rank what all have for it, in rank order: of each rank's array, the r-th of as many
    /// equal parts as there are ranks is for rank r.
    ///
    /// - Throws: ``CollectiveError``; when it is waited for, on every rank, where the arrays cannot be dealt evenly.
    public func startAllToAll<T: BitwiseCopyable>(_ values: [T]) throws(CollectiveError) -> Pending<[T]> {
        let (own, all) = (PendingArray(values), PendingArray<T>(count: values.count))
        let (work, bounds) = underWay("MPI_Ialltoall", values, isDealt: true, memory: (own, all))
        let pending = Pending(work) { all.array }
        let byteCount = values.count / size * MemoryLayout<T>.stride
        try begin(work, comparing: bounds) { () throws(CollectiveError) in
            guard values.count % size == 0 else { return }
            let (byte, start, place) = (cmpi_byte(), own.bytes.baseAddress, all.bytes.baseAddress)
            if byteCount * size <= Parts.largest {
                let length = Int32(byteCount)
                return try work.add { MPI_Ialltoall(start, length, byte, place, length, byte, handle, $0) }
            }
            for peer in 0..<size { try work.receivePiece(place, peer * byteCount, byteCount, from: peer) }
            for peer in 0..<size { try work.sendPiece(start, peer * byteCount, byteCount, to: peer) }
        }
        return pending
    }
}

/// What goes past MPI's counts: messages between two ranks that both know the length.
extension UnderWay {
    fileprivate func sendPiece(
        _ start: UnsafeMutableRawPointer?, _ byte: Int, _ byteCount: Int, to rank: Int
    ) throws(CollectiveError) {
        let (handle, tag) = (communicator.handle, MessageTag.ofCollectives.rawValue)
        try addParts(start, byte, byteCount) { MPI_Isend($0, $1, cmpi_byte(), Int32(rank), tag, handle, $2) }
    }

    fileprivate func receivePiece(
        _ start: UnsafeMutableRawPointer?, _ byte: Int, _ byteCount: Int, from rank: Int
    ) throws(CollectiveError) {
        let (handle, tag) = (communicator.handle, MessageTag.ofCollectives.rawValue)
        try addParts(start, byte, byteCount) { MPI_Irecv($0, $1, cmpi_byte(), Int32(rank), tag, handle, $2) }
    }

    /// - Parameter call: Begins one part: its first byte, its length and its request.
    private func addParts(
        _ start: UnsafeMutableRawPointer?, _ byte: Int, _ byteCount: Int,
        _ call: (UnsafeMutableRawPointer?, Int32, UnsafeMutablePointer<RequestHandle>) -> Int32
    ) throws(CollectiveError) {
        try forEachPart(of: byteCount) { first, length throws(CollectiveError) in
            let place = start.map { $0 + byte + first }
            try add { call(place, length, $0) }
        }
    }
}
