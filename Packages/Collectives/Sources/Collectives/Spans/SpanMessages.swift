/// Messages out of memory that the caller has, and into it: a part of an array, or a row of a grid.
///
/// Without a deadline and an interruption MPI works on that memory itself. With one it works on a copy, since the
/// operation may be given up while MPI goes on with it.
extension Communicator {
    /// Sends the elements of a span, any number of them, for any receive: nothing tells them from an array. May block
    /// until they are received.
    ///
    /// - Throws: ``CollectiveError``
    public func send<T: BitwiseCopyable>(_ values: Span<T>, to rank: Int, tag: Int = 0) throws(CollectiveError) {
        let tag = try messageTag(tag, with: rank, "send")
        try values.withElements(on: self) { memory throws(CollectiveError) in
            try sendAnywhere(UnsafeRawBufferPointer(of: memory, values.count), to: rank, tag)
        }
    }

    /// Receives as many elements as the span has, in their place: waits until the message is there.
    ///
    /// - Throws: ``CollectiveError``, also when the message is of another length, which is gone then: the elements are
    ///   as before, or without meaning where one of the two is above 1 GiB. And when this rank receives from itself and
    ///   has sent itself nothing.
    public func receive<T: BitwiseCopyable>(
        into values: inout MutableSpan<T>, from rank: Int, tag: Int = 0
    ) throws(CollectiveError) {
        let tag = try messageTag(tag, with: rank, "receive")
        try values.withUnsafeMutableBufferPointer { elements throws(CollectiveError) in
            let place = UnsafeMutableRawBufferPointer(elements)
            guard rank != self.rank else { return try takeOwnMessage(tag).move(into: place, from: rank) }
            // What may be given up comes to memory of its own.
            let arrival = try receive(
                Int32(rank), tag.rawValue, handle(for: tag), into: patience.mayEndEarly ? nil : place)
            try arrival.move(into: place)
        }
    }

    /// Sends the elements of one span and receives as many as the other has, at the same time and with the same tag:
    /// ranks that do so in a ring, of whatever kind, do not wait for each other in a circle. Both ranks may be the
    /// same, and this one.
    ///
    /// - Parameters:
    ///   - values: What is sent.
    ///   - received: Where what is received goes.
    ///   - target: The rank that is sent to.
    ///   - source: The rank that is received from.
    ///   - tag: That of both messages.
    /// - Throws: ``CollectiveError``, as ``receive(into:from:tag:)``. Without a deadline and an interruption it does so
    ///   only when `target` has received what was sent: until then MPI reads it where it is.
    public func sendReceive<T: BitwiseCopyable>(
        _ values: Span<T>, into received: inout MutableSpan<T>, to target: Int, from source: Int, tag: Int = 0
    ) throws(CollectiveError) {
        let messageTag = try messageTag(tag, with: target, "sendReceive")
        _ = try requireRank(source, "sendReceive")
        try values.withElements(on: self) { memory throws(CollectiveError) in
            let bytes = UnsafeRawBufferPointer(of: memory, values.count)
            // What may be given up is sent from a copy.
            let isKept = patience.mayEndEarly
            try send(bytes, isKept: isKept, to: target, messageTag, while: source) { () throws(CollectiveError) in
                try receive(into: &received, from: source, tag: tag)
            }
        }
    }
}
