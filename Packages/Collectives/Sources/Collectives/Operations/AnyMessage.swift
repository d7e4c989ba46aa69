import CMPI

/// A message that was received from any rank.
public struct Message<Element: BitwiseCopyable> {
    /// What was sent.
    public let elements: [Element]
    /// The rank that has sent it.
    public let source: Int
    /// The tag that it was sent with.
    public let tag: Int
}

extension Message: Sendable where Element: Sendable {}

/// A message that is there and was not received yet.
public struct Envelope: Sendable, Equatable {
    /// The rank that has sent it.
    public let source: Int
    /// The tag that it was sent with.
    public let tag: Int
    /// Its length in bytes; 1 GiB for a longer one too, which comes in parts of that length.
    public let byteCount: Int
}

/// Messages of whichever rank. Those of collectives and of other communicators are not seen here.
extension Communicator {
    /// Receives the next message of any rank, this one included, of whatever length: waits until there is one.
    ///
    /// Messages of one rank with one tag come in the order in which they were sent. What this rank has sent itself
    /// comes before what others have.
    ///
    /// - Parameters:
    ///   - type: The elements that it is made of.
    ///   - tag: The tag that it was sent with; nil for any.
    /// - Throws: ``CollectiveError``, also when the message is no whole number of such elements; it is gone then. On a
    ///   communicator of one rank also when that has sent itself nothing.
    public func receiveAny<T: BitwiseCopyable>(
        of type: T.Type = T.self, tag: Int? = nil
    ) throws(CollectiveError) -> Message<T> {
        let wanted = try rawTag(tag, "receiveAny")
        try requireUsable("receiveAny")
        if let own = try takeOwnMessage(wanted, "receiveAny") {
            return Message(elements: try own.elements(of: type, from: rank), source: rank, tag: Int(own.tag))
        }
        guard size > 1 else { throw ownMessageMissing() }
        let arrival = try receive(Int32(MPI_ANY_SOURCE), raw(wanted), waiting.messageHandle)
        return Message(
            elements: try arrival.elements(of: type), source: Int(arrival.source), tag: Int(arrival.tag))
    }

    /// The next message that could be received, which stays where it is; nil when none is there yet. Does not wait: a
    /// message that another rank has sent may need some calls until it is seen.
    ///
    /// - Parameters:
    ///   - source: The rank that has sent it; nil for any.
    ///   - tag: The tag that it was sent with; nil for any.
    /// - Throws: ``CollectiveError``
    public func probe(from source: Int? = nil, tag: Int? = nil) throws(CollectiveError) -> Envelope? {
        let wanted = try rawTag(tag, "probe")
        if let source { _ = try requireRank(source, "probe") }
        try requireUsable("probe")
        try Turn.take("probe")
        defer { Turn.give() }
        if source == nil || source == rank, let own = waiting.ownMessages.first(wanted) {
            return Envelope(source: rank, tag: Int(own.tag), byteCount: min(own.bytes.count, Parts.largest))
        }
        guard source != rank else { return nil }
        var (isThere, status) = (Int32(0), MPI_Status())
        try check(MPI_Iprobe(raw(source), raw(wanted), waiting.messageHandle, &isThere, &status), "MPI_Iprobe")
        return isThere != 0 ? try envelope(status) : nil
    }

    /// The next message that could be received, which stays where it is: waits until there is one.
    ///
    /// - Parameters:
    ///   - source: The rank that has sent it; nil for any.
    ///   - tag: The tag that it was sent with; nil for any.
    /// - Throws: ``CollectiveError``, also when only this rank could send it, and has sent itself nothing.
    public func waitForMessage(from source: Int? = nil, tag: Int? = nil) throws(CollectiveError) -> Envelope {
        if let envelope = try probe(from: source, tag: tag) { return envelope }
        guard size > 1, source != rank else { throw ownMessageMissing() }
        let (sender, wanted, handle) = (raw(source), raw(try rawTag(tag, "probe")), waiting.messageHandle)
        if waiting.mayBlock {
            return try Turn.with("MPI_Probe") { () throws(CollectiveError) in
                var status = MPI_Status()
                try check(MPI_Probe(sender, wanted, handle, &status), "MPI_Probe")
                return try envelope(status)
            }
        }
        var (status, length) = (MPI_Status(), Int32(0))
        try poll("MPI_Probe", from: source) {
            let code = MPI_Iprobe(sender, wanted, handle, &$0, &status)
            return code == MPI_SUCCESS && $0 != 0 ? MPI_Get_count(&status, cmpi_byte(), &length) : code
        }
        return envelope(status, length)
    }

    /// In its turn.
    private func envelope(_ status: MPI_Status) throws(CollectiveError) -> Envelope {
        var (status, length) = (status, Int32(0))
        try check(MPI_Get_count(&status, cmpi_byte(), &length), "MPI_Get_count")
        return envelope(status, length)
    }

    private func envelope(_ status: MPI_Status, _ length: Int32) -> Envelope {
        Envelope(source: Int(status.MPI_SOURCE), tag: Int(status.MPI_TAG), byteCount: Int(length))
    }

    private func rawTag(_ tag: Int?, _ routine: String) throws(CollectiveError) -> Int32? {
        guard let tag else { return nil }
        return try MessageTag(tag, routine).rawValue
    }

    private func raw(_ source: Int?) -> Int32 { source.map { Int32($0) } ?? Int32(MPI_ANY_SOURCE) }
    private func raw(_ tag: Int32?) -> Int32 { tag ?? Int32(MPI_ANY_TAG) }
}
