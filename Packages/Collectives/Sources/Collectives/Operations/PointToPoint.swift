import CMPI

/// Sending and receiving between two ranks, in order for each pair.
///
/// A send may block until the message is received: MPI copies short ones away (up to about 4 KiB in Open MPI) and comes
/// back at once, and waits with longer ones. A ring in which all ranks send first and receive then works for short
/// messages only: use ``sendReceive(_:to:from:)``, or let every other rank receive first. Messages to oneself never
/// block: they are copied, whatever their length, and received in order.
///
/// A receiver with other expectations gets an error and not a part of a message. A receive that times out before its
/// message is there loses nothing: the message is the next that is received.
extension Communicator {
    /// Sends a value: a number or a plain struct.
    ///
    /// - Throws: ``CollectiveError``
    public func send<T: BitwiseCopyable>(_ value: T, to rank: Int) throws(CollectiveError) {
        try send([value], to: rank)
    }

    /// Sends an array of any length.
    ///
    /// - Throws: ``CollectiveError``
    public func send<T: BitwiseCopyable>(_ values: [T], to rank: Int) throws(CollectiveError) {
        try send(values, to: rank, .ofCaller)
    }

    /// Receives a value that was sent as one.
    ///
    /// - Throws: ``CollectiveError``, also when the message is no single value of this size, and when this rank
    ///   receives from itself and has sent itself nothing: it would wait for ever.
    public func receive<T: BitwiseCopyable>(_ type: T.Type = T.self, from rank: Int) throws(CollectiveError) -> T {
        try single(receiveArray(of: T.self, from: rank), from: rank)
    }

    /// Receives an array, whatever its length.
    ///
    /// - Throws: ``CollectiveError``, also when the message is no whole number of such elements, and when this rank
    ///   receives from itself and has sent itself nothing.
    public func receiveArray<T: BitwiseCopyable>(
        of type: T.Type = T.self, from rank: Int
    ) throws(CollectiveError) -> [T] {
        try receiveArray(of: type, from: rank, .ofCaller)
    }

    /// Sends a value and receives one, at the same time: ranks that do so in a ring, of whatever kind, do not wait for
    /// each other in a circle. Both ranks may be the same, and this one.
    ///
    /// - Throws: ``CollectiveError``, as ``receive(_:from:)``
    public func sendReceive<T: BitwiseCopyable>(
        _ value: T, to target: Int, from source: Int
    ) throws(CollectiveError) -> T {
        try single(sendReceive([value], to: target, from: source), from: source)
    }

    /// Sends an array and receives one of whatever length, at the same time: ranks that do so in a ring, of whatever
    /// kind, do not wait for each other in a circle. Both ranks may be the same, and this one.
    ///
    /// - Throws: ``CollectiveError``, as ``receiveArray(of:from:)``
    public func sendReceive<T: BitwiseCopyable>(
        _ values: [T], to target: Int, from source: Int
    ) throws(CollectiveError) -> [T] {
        _ = try requireRank(source, "sendReceive")
        let target = try requireRank(target, "sendReceive")
        try requireUsable("sendReceive")
        guard Int(target) != rank else {
            try send(values, to: rank)
            return try receiveArray(of: T.self, from: source)
        }
        var received: [T] = []
        try values.withElements { memory throws(CollectiveError) in
            var requests: [RequestHandle] = []
            try forEachPart(ofMessage: values.count * MemoryLayout<T>.stride) { first, length throws(CollectiveError) in
                var request = cmpi_request_null()
                let (start, tag) = (UnsafeRawPointer(memory) + first, MessageTag.ofCaller.rawValue)
                try check(MPI_Isend(start, length, cmpi_byte(), target, tag, handle, &request), "MPI_Isend")
                requests.append(request)
            }
            do throws(CollectiveError) { received = try receiveArray(of: T.self, from: source) } catch {
                abandon(requests)
                throw error
            }
            for var request in requests {
                try exchange(
                    "MPI_Isend", with: target, { MPI_Wait(&request, cmpi_status_ignore()) },
                    {
                        $0.pointee = request
                        return MPI_SUCCESS
                    })
            }
        }
        return received
    }

    private func single<T>(_ values: [T], from rank: Int) throws(CollectiveError) -> T {
        guard values.count == 1 else {
            throw CollectiveError(
                routine: "receive", reason: "rank \(rank) sent \(values.count) values of \(T.self) instead of one")
        }
        return values[0]
    }

    /// Sends that nobody waits for any more: those that are still under way leave the communicator unusable.
    private func abandon(_ requests: [RequestHandle]) {
        for var request in requests {
            var isDone: Int32 = 0
            if MPI_Test(&request, &isDone, cmpi_status_ignore()) != MPI_SUCCESS || isDone == 0 {
                waiting.abandon("MPI_Isend")
            }
        }
    }
}

/// What a message is for: one that is under way between two ranks is none of another kind.
enum MessageTag: Int32 { case ofCaller, ofCollectives }

extension Communicator {
    func send<T: BitwiseCopyable>(_ values: [T], to rank: Int, _ tag: MessageTag) throws(CollectiveError) {
        let target = try requireRank(rank, "send")
        let count = values.count * MemoryLayout<T>.stride
        guard rank != self.rank else {
            try requireUsable("send")
            return waiting.ownMessages.send(values.withUnsafeBytes { Array($0) }, tag.rawValue)
        }
        try values.withElements { memory throws(CollectiveError) in
            try forEachPart(ofMessage: count) { first, length throws(CollectiveError) in
                let start = UnsafeRawPointer(memory) + first
                try exchange(
                    "MPI_Send", with: target,
                    { MPI_Send(start, length, cmpi_byte(), target, tag.rawValue, handle) },
                    { MPI_Isend(start, length, cmpi_byte(), target, tag.rawValue, handle, $0) })
            }
        }
    }

    func receiveArray<T: BitwiseCopyable>(
        of type: T.Type, from rank: Int, _ tag: MessageTag
    ) throws(CollectiveError) -> [T] {
        let source = try requireRank(rank, "receive")
        try requireUsable("receive")
        if rank == self.rank {
            let bytes = try ownMessage(tag)
            try requireWhole(T.self, bytes.count, from: rank)
            return bytes.elements(of: T.self)
        }
        // Where it fails it may be in use, and is kept.
        var bytes = UnsafeMutableRawPointer.allocate(byteCount: 0, alignment: 16)
        var (count, isWhole) = (0, false)
        while !isWhole {
            var (message, length) = try probe(source, tag, isFirst: count == 0)
            bytes = bytes.grown(from: count, to: count + Int(length))
            let start = bytes + count
            try exchange(
                "MPI_Mrecv", with: source,
                { MPI_Mrecv(start, length, cmpi_byte(), &message, cmpi_status_ignore()) },
                { MPI_Imrecv(start, length, cmpi_byte(), &message, $0) })
            count += Int(length)
            isWhole = length < Parts.largest
        }
        defer { bytes.deallocate() }
        try requireWhole(T.self, count, from: rank)
        return [T](copying: UnsafeRawBufferPointer(start: bytes, count: count))
    }

    private func ownMessage(_ tag: MessageTag) throws(CollectiveError) -> [UInt8] {
        guard let message = waiting.ownMessages.take(tag.rawValue) else {
            throw CollectiveError(
                routine: "receive",
                reason: "rank \(rank) receives from itself and has sent itself nothing: it would wait for ever")
        }
        return message.bytes
    }

    /// Requires that a message is made of such elements.
    private func requireWhole<T>(_ type: T.Type, _ byteCount: Int, from rank: Int) throws(CollectiveError) {
        guard byteCount % MemoryLayout<T>.stride != 0 else { return }
        throw CollectiveError(
            routine: "receive", reason: "rank \(rank) sent \(byteCount) bytes, no whole number of \(T.self)")
    }

    /// Waits for a part of a message, and takes it out of those that wait: its handle and its length in bytes.
    private func probe(
        _ source: Int32, _ tag: MessageTag, isFirst: Bool
    ) throws(CollectiveError) -> (MessageHandle, Int32) {
        var (message, status, length) = (cmpi_message_null(), MPI_Status(), Int32(0))
        if waiting.mayBlock {
            try check(MPI_Mprobe(source, tag.rawValue, handle, &message, &status), "MPI_Mprobe")
        } else {
            do throws(CollectiveError) {
                try poll("MPI_Mprobe", from: Int(source)) {
                    MPI_Improbe(source, tag.rawValue, handle, &$0, &message, &status)
                }
            } catch {
                // The rest of a message would be taken for another one.
                if !isFirst { waiting.abandon("MPI_Mprobe") }
                throw error
            }
        }
        try check(MPI_Get_count(&status, cmpi_byte(), &length), "MPI_Get_count")
        return (message, length)
    }
}

/// Calls `body` with each part of a message of `count` bytes: its first byte and its length. A part that is shorter
/// than it could be, and may be empty, is the last.
func forEachPart(
    ofMessage count: Int, _ body: (Int, Int32) throws(CollectiveError) -> Void
) throws(CollectiveError) {
    var (first, part) = (0, Parts.largest)
    while part == Parts.largest {
        part = min(count - first, Parts.largest)
        try body(first, Int32(part))
        first += part
    }
}

extension UnsafeMutableRawPointer {
    /// The same bytes in a larger place; the old one is given back.
    fileprivate func grown(from count: Int, to larger: Int) -> UnsafeMutableRawPointer {
        let place = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        place.copyMemory(from: self, byteCount: count)
        deallocate()
        return place
    }
}

extension Array where Element: BitwiseCopyable {
    /// As many whole elements as the bytes are.
    init(copying bytes: UnsafeRawBufferPointer) {
        let count = bytes.count / MemoryLayout<Element>.stride
        self.init(unsafeUninitializedCapacity: count) { memory, initialized in
            UnsafeMutableRawBufferPointer(memory).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count * MemoryLayout<Element>.stride)))
            initialized = count
        }
    }
}

extension Array where Element == UInt8 {
    /// The bytes as elements of another type.
    func elements<T: BitwiseCopyable>(of type: T.Type) -> [T] { withUnsafeBytes { [T](copying: $0) } }
}
