/// What a rank has sent to itself: copied, so that no send waits for its receive. MPI knows nothing of it: where nobody
/// receives such a message, MPI could not be finished.
final class OwnMessages {
    struct Copy {
        let tag: Int32
        fileprivate(set) var bytes: [UInt8]

        /// The message as what it is made of.
        func elements<T: BitwiseCopyable>(of type: T.Type, from rank: Int) throws(CollectiveError) -> [T] {
            try requireWhole(bytes.count, of: type, from: rank)
            return bytes.elements(of: type)
        }

        /// Puts the message where it is to go, if it is just as long.
        func move(into place: UnsafeMutableRawBufferPointer, from rank: Int) throws(CollectiveError) {
            try requireLength(bytes.count, place.count, from: rank)
            place.copyBytes(from: bytes)
        }
    }

    /// In the order in which they were sent.
    private var messages: ArraySlice<Copy> = []
    /// Receives that were begun before their message was sent, in that order.
    private var receives: [OwnReceive] = []

    func send(_ bytes: [UInt8], _ tag: Int32) {
        if let place = receives.firstIndex(where: { $0.tag == tag }) {
            receives.remove(at: place).bytes = bytes
        } else {
            messages.append(Copy(tag: tag, bytes: bytes))
        }
    }

    /// Begins a receive: of a message that is there, or of one that comes.
    func post(_ receive: OwnReceive) {
        receive.bytes = take(receive.tag)?.bytes
        if receive.bytes == nil { receives.append(receive) }
    }

    func cancel(_ receive: OwnReceive) {
        receives.removeAll { $0 === receive }
        receive.isCancelled = true
    }

    /// The first message with this tag, or with any; nil when there is none.
    func first(_ tag: Int32?) -> Copy? { place(of: tag).map { messages[$0] } }

    /// The first message with this tag, or with any, taken out; nil when there is none.
    func take(_ tag: Int32?) -> Copy? {
        guard let place = place(of: tag) else { return nil }
        guard place == messages.startIndex else { return messages.remove(at: place) }
        let message = messages[place]
        // The slice would keep what it has left behind.
        messages[place].bytes = []
        messages.removeFirst()
        return message
    }

    private func place(of tag: Int32?) -> Int? {
        messages.firstIndex { tag == nil || $0.tag == tag }
    }
}

/// What a rank is to receive from itself.
final class OwnReceive {
    fileprivate let tag: Int32
    /// The message, when it has come.
    fileprivate(set) var bytes: [UInt8]?
    fileprivate var isCancelled = false

    init(_ tag: Int32) { self.tag = tag }

    var isEnded: Bool { bytes != nil || isCancelled }
}
