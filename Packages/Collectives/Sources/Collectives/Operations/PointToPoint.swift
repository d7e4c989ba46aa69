import CMPI

/// Sending and receiving between two ranks, in order for each pair and tag.
///
/// A tag is a number from 0 to 32 000 that tells messages apart: a receiver takes those of its tag, and leaves others
/// for later. Without one it is 0.
///
/// A send may block until the message is received: MPI copies short ones away (up to about 4 KiB in Open MPI) and comes
/// back at once, and waits with longer ones. A ring in which all ranks send first and receive then works for short
/// messages only: use ``sendReceive(_:to:from:tag:)``, or let every other rank receive first. Messages to oneself never
/// block: they are copied, whatever their length, and received in order.
///
/// A receiver with other expectations gets an error and not a part of a message. A receive that times out before its
/// message is there loses nothing: the message is the next that is received.
extension Communicator {
    /// Sends a value: a number or a plain struct.
    ///
    /// - Throws: ``CollectiveError``
    public func send<T: BitwiseCopyable>(_ value: T, to rank: Int, tag: Int = 0) throws(CollectiveError) {
        try send([value], to: rank, tag: tag)
    }

    /// Sends an array of any length.
    ///
    /// - Throws: ``CollectiveError``
    public func send<T: BitwiseCopyable>(_ values: [T], to rank: Int, tag: Int = 0) throws(CollectiveError) {
        let tag = try messageTag(tag, with: rank, "send")
        try values.withElements { memory throws(CollectiveError) in
            try sendAnywhere(UnsafeRawBufferPointer(of: memory, values.count), to: rank, tag)
        }
    }

    /// Receives a value that was sent as one.
    ///
    /// - Throws: ``CollectiveError``, also when the message is no single value of this size, and when this rank
    ///   receives from itself and has sent itself nothing: it would wait for ever.
    public func receive<T: BitwiseCopyable>(
        _ type: T.Type = T.self, from rank: Int, tag: Int = 0
    ) throws(CollectiveError) -> T {
        try single(receiveArray(of: T.self, from: rank, tag: tag), from: rank)
    }

    /// Receives an array, whatever its length.
    ///
    /// - Throws: ``CollectiveError``, also when the message is no whole number of such elements, and when this rank
    ///   receives from itself and has sent itself nothing.
    public func receiveArray<T: BitwiseCopyable>(
        of type: T.Type = T.self, from rank: Int, tag: Int = 0
    ) throws(CollectiveError) -> [T] {
        let tag = try messageTag(tag, with: rank, "receive")
        guard rank == self.rank else { return try receiveArray(of: type, from: rank, tag) }
        return try takeOwnMessage(tag).elements(of: type, from: rank)
    }

    /// Sends a value and receives one, at the same time and with the same tag: ranks that do so in a ring, of whatever
    /// kind, do not wait for each other in a circle. Both ranks may be the same, and this one.
    ///
    /// - Throws: ``CollectiveError``, as ``receive(_:from:tag:)``
    public func sendReceive<T: BitwiseCopyable>(
        _ value: T, to target: Int, from source: Int, tag: Int = 0
    ) throws(CollectiveError) -> T {
        try single(sendReceive([value], to: target, from: source, tag: tag), from: source)
    }

    /// Sends an array and receives one of whatever length, at the same time and with the same tag: ranks that do so in
    /// a ring, of whatever kind, do not wait for each other in a circle. Both ranks may be the same, and this one.
    ///
    /// - Throws: ``CollectiveError``, as ``receiveArray(of:from:tag:)``. Where `target` has not received what was sent
    ///   a second later, the communicator takes no other operation: see ``CollectiveError/Kind/abandoned``.
    public func sendReceive<T: BitwiseCopyable>(
        _ values: [T], to target: Int, from source: Int, tag: Int = 0
    ) throws(CollectiveError) -> [T] {
        let messageTag = try messageTag(tag, with: target, "sendReceive")
        _ = try requireRank(source, "sendReceive")
        var received: [T] = []
        try values.withElements { memory throws(CollectiveError) in
            let bytes = UnsafeRawBufferPointer(of: memory, values.count)
            try send(bytes, isKept: true, to: target, messageTag, while: source) { () throws(CollectiveError) in
                received = try receiveArray(of: T.self, from: source, tag: tag)
            }
        }
        return received
    }

    /// The tag of a message to a rank or from it, before anything is sent.
    func messageTag(_ tag: Int, with rank: Int, _ routine: String) throws(CollectiveError) -> MessageTag {
        _ = try requireRank(rank, routine)
        let tag = try MessageTag(tag, routine)
        try requireUsable(routine)
        return tag
    }

    /// Sends a message to another rank or to this one.
    func sendAnywhere(_ bytes: UnsafeRawBufferPointer, to rank: Int, _ tag: MessageTag) throws(CollectiveError) {
        guard rank == self.rank else { return try send(bytes, to: rank, tag) }
        try Turn.take("send")
        defer { Turn.give() }
        waiting.ownMessages.send(Array(bytes), tag.rawValue)
    }

    /// Begins to send a message to another rank, in its turn.
    ///
    /// - Parameter add: Makes a call that begins a part of it.
    func startParts(
        of bytes: UnsafeRawBufferPointer, to target: Int32, _ tag: MessageTag,
        _ add: ((UnsafeMutablePointer<RequestHandle>) -> Int32) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        let (byte, handle) = (cmpi_byte(), handle(for: tag))
        try forEachPart(ofMessage: bytes.count) { first, length throws(CollectiveError) in
            let start = bytes.baseAddress.map { $0 + first }
            try add { MPI_Isend(start, length, byte, target, tag.rawValue, handle, $0) }
        }
    }

    private func single<T>(_ values: [T], from rank: Int) throws(CollectiveError) -> T {
        guard values.count == 1 else {
            throw CollectiveError(
                routine: "receive", reason: "rank \(rank) sent \(values.count) values of \(T.self) instead of one")
        }
        return values[0]
    }

    /// What this rank has sent itself; nil when it has not.
    func takeOwnMessage(_ tag: Int32?, _ routine: String) throws(CollectiveError) -> OwnMessages.Copy? {
        try Turn.take(routine)
        defer { Turn.give() }
        return waiting.ownMessages.take(tag)
    }

    /// What this rank has sent itself with this tag, where it is there already or never comes.
    func takeOwnMessage(_ tag: MessageTag) throws(CollectiveError) -> OwnMessages.Copy {
        guard let message = try takeOwnMessage(tag.rawValue, "receive") else { throw ownMessageMissing() }
        return message
    }

    func ownMessageMissing() -> CollectiveError {
        CollectiveError(
            routine: "receive",
            reason: "rank \(rank) receives from itself and has sent itself nothing: it would wait for ever")
    }
}
