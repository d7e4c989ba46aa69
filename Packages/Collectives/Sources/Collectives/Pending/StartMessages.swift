import CMPI

/// Messages that are under way while the rank does something else.
extension Communicator {
    /// Begins to send an array of any length. It is done when `values` are no longer needed here: the message need not
    /// be received yet. One to this rank itself is done at once.
    ///
    /// Messages come in the order of their sends, whether begun like this or not.
    ///
    /// - Throws: ``CollectiveError``
    public func startSend<T: BitwiseCopyable>(
        _ values: [T], to rank: Int, tag: Int = 0
    ) throws(CollectiveError) -> Pending<Void> {
        let target = try requireRank(rank, "startSend")
        let messageTag = try MessageTag(tag, "startSend")
        let work = UnderWay(on: self, "MPI_Isend", peer: rank, memory: values)
        let pending = Pending(work) {}
        try begin(work) { () throws(CollectiveError) in
            // Whoever changes the array has a copy: `work` keeps this one where it is.
            let bytes = values.withUnsafeBytes { $0 }
            if rank == self.rank { return waiting.ownMessages.send(Array(bytes), messageTag.rawValue) }
            try startParts(of: bytes, to: target, messageTag, work.add)
        }
        return pending
    }

    /// Begins to receive an array of a known length from one rank, this one included.
    ///
    /// The next message of that rank with that tag goes there, and those after it to receives that are begun later. One
    /// of another length is an error when it is waited for, which names the rank, the tag and the lengths; above 1 GiB,
    /// no message can follow it then.
    ///
    /// - Parameters:
    ///   - type: The elements that it is made of.
    ///   - count: How many.
    ///   - rank: The rank that sends it.
    ///   - tag: The tag that it is sent with.
    /// - Throws: ``CollectiveError``
    public func startReceive<T: BitwiseCopyable>(
        of type: T.Type = T.self, count: Int, from rank: Int, tag: Int = 0
    ) throws(CollectiveError) -> Pending<[T]> {
        let source = try requireRank(rank, "startReceive")
        let messageTag = try MessageTag(tag, "startReceive")
        guard count >= 0 else { throw CollectiveError(routine: "startReceive", reason: "the count is \(count)") }
        if rank == self.rank { return try startOwnReceive(count: count, messageTag) }
        let memory = PendingArray<T>(count: count)
        let message = ExpectedMessage(source: rank, tag: tag, byteCount: memory.bytes.count)
        let work = UnderWay(on: self, "MPI_Irecv", receiving: message, memory: memory)
        let pending = Pending(work) { memory.array }
        try begin(work) { () throws(CollectiveError) in
            let (byte, handle) = (cmpi_byte(), handle(for: messageTag))
            try forEachPart(ofMessage: message.byteCount) { first, length throws(CollectiveError) in
                let start = memory.bytes.baseAddress.map { $0 + first }
                try work.add { MPI_Irecv(start, length, byte, source, messageTag.rawValue, handle, $0) }
            }
        }
        return pending
    }

    private func startOwnReceive<T: BitwiseCopyable>(
        count: Int, _ tag: MessageTag
    ) throws(CollectiveError) -> Pending<[T]> {
        let receive = OwnReceive(tag.rawValue)
        let message = ExpectedMessage(
            source: rank, tag: Int(tag.rawValue), byteCount: count * MemoryLayout<T>.stride)
        let work = UnderWay(on: self, "MPI_Irecv", receiving: message, memory: receive)
        work.ownReceive = receive
        let pending = Pending<[T]>(work) { () throws(CollectiveError) in
            guard let bytes = receive.bytes else { throw work.cancellation() }
            guard bytes.count == message.byteCount else { throw message.wrongLength("\(bytes.count)") }
            return bytes.elements(of: T.self)
        }
        try begin(work) { () throws(CollectiveError) in waiting.ownMessages.post(receive) }
        return pending
    }

    /// Begins what a ``Pending`` waits for. One that fails here is dropped, and keeps its memory.
    func begin(_ work: UnderWay, _ body: () throws(CollectiveError) -> Void) throws(CollectiveError) {
        try requireUsable(work.routine)
        try Turn.take(work.routine)
        defer { Turn.give() }
        Life.underWay += 1
        try body()
    }
}

/// Memory for an array that MPI writes.
final class PendingArray<Element: BitwiseCopyable> {
    let elements: UnsafeMutableBufferPointer<Element>

    /// Elements of zero bytes.
    init(count: Int) {
        elements = .allocate(capacity: count)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    convenience init(_ values: [Element]) { self.init(values, at: 0, of: values.count) }

    /// An array of `count` elements, of which some are given.
    convenience init(_ values: [Element], at place: Int, of count: Int) {
        self.init(count: count)
        _ = UnsafeMutableBufferPointer(rebasing: elements[place..<place + values.count]).update(from: values)
    }

    deinit { elements.deallocate() }

    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(elements) }
    var array: [Element] { Array(elements) }
}
