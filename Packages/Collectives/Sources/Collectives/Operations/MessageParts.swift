import CMPI
import Glibc

/// What a message is for, and how it is told from others.
struct MessageTag {
    let rawValue: Int32
    /// Those of callers go by a communicator of their own, where a receiver of any message finds no others.
    let isOfCaller: Bool

    static let ofCollectives = MessageTag(rawValue: 0, isOfCaller: false)

    private init(rawValue: Int32, isOfCaller: Bool) { (self.rawValue, self.isOfCaller) = (rawValue, isOfCaller) }

    /// A caller's tag: every MPI has these.
    init(_ tag: Int, _ routine: String) throws(CollectiveError) {
        guard (0...32_000).contains(tag) else {
            throw CollectiveError(routine: routine, reason: "the tag \(tag) is not between 0 and 32000")
        }
        self.init(rawValue: Int32(tag), isOfCaller: true)
    }
}

extension Communicator {
    /// MPI's communicator for messages of one kind.
    func handle(for tag: MessageTag) -> CommunicatorHandle { tag.isOfCaller ? waiting.messageHandle : handle }

    /// Sends a message to another rank.
    func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, _ tag: MessageTag) throws(CollectiveError) {
        let (target, handle, byte) = (Int32(rank), handle(for: tag), cmpi_byte())
        try forEachPart(ofMessage: bytes.count) { first, length throws(CollectiveError) in
            let start = bytes.baseAddress.map { $0 + first }
            try exchange(
                "MPI_Send", with: target,
                { MPI_Send(start, length, byte, target, tag.rawValue, handle) },
                { MPI_Isend(start, length, byte, target, tag.rawValue, handle, $0) })
        }
    }

    /// Receives an array from another rank.
    func receiveArray<T: BitwiseCopyable>(
        of type: T.Type, from rank: Int, _ tag: MessageTag
    ) throws(CollectiveError) -> [T] {
        let arrival = try receive(Int32(rank), tag.rawValue, handle(for: tag))
        return try arrival.elements(of: type)
    }

    /// Receives a whole message.
    ///
    /// - Parameters:
    ///   - source: Another rank, or any.
    ///   - tag: Its tag, or any.
    ///   - handle: MPI's communicator for it.
    ///   - place: Where it goes if it is just as long; nil for memory of its own.
    func receive(
        _ source: Int32, _ tag: Int32, _ handle: CommunicatorHandle, into place: UnsafeMutableRawBufferPointer? = nil
    ) throws(CollectiveError) -> Arrival {
        try requireUsable("receive")
        let arrival = Arrival(source: source, tag: tag, place: place)
        repeat {
            var (message, length) = try probe(arrival, handle)
            let start = try arrival.makeRoom(for: length)
            try exchange(
                "MPI_Mrecv", with: arrival.source,
                { MPI_Mrecv(start, length, cmpi_byte(), &message, cmpi_status_ignore()) },
                { MPI_Imrecv(start, length, cmpi_byte(), &message, $0) })
            arrival.add(length)
        } while !arrival.isWhole
        return arrival
    }

    /// Waits for the next part of a message, and takes it out of those that wait: its handle and its length in bytes.
    private func probe(
        _ arrival: Arrival, _ handle: CommunicatorHandle
    ) throws(CollectiveError) -> (MessageHandle, Int32) {
        let (source, tag) = (arrival.source, arrival.tag)
        var (message, status, length) = (cmpi_message_null(), MPI_Status(), Int32(0))
        if waiting.mayBlock {
            try Turn.take("MPI_Mprobe")
            defer { Turn.give() }
            try check(MPI_Mprobe(source, tag, handle, &message, &status), "MPI_Mprobe")
            try check(MPI_Get_count(&status, cmpi_byte(), &length), "MPI_Get_count")
        } else {
            do throws(CollectiveError) {
                try poll("MPI_Mprobe", from: source == MPI_ANY_SOURCE ? nil : Int(source)) {
                    let code = MPI_Improbe(source, tag, handle, &$0, &message, &status)
                    return $0 == 0 || code != MPI_SUCCESS ? code : MPI_Get_count(&status, cmpi_byte(), &length)
                }
            } catch {
                // The rest of a message would be taken for another one.
                if arrival.hasParts { waiting.abandon("MPI_Mprobe") }
                throw error
            }
        }
        // The other parts come from the same rank with the same tag.
        (arrival.source, arrival.tag) = (status.MPI_SOURCE, status.MPI_TAG)
        return (message, length)
    }
}

/// A message that comes from MPI part by part. Where that fails its memory may be in use, and is kept.
final class Arrival {
    fileprivate(set) var source: Int32
    fileprivate(set) var tag: Int32
    private(set) var isWhole = false
    private(set) var hasParts = false
    private let place: UnsafeMutableRawBufferPointer?
    private var memory: UnsafeMutableRawPointer?
    private var count = 0

    fileprivate init(source: Int32, tag: Int32, place: UnsafeMutableRawBufferPointer?) {
        (self.source, self.tag, self.place) = (source, tag, place)
    }

    deinit { if isWhole { free(memory) } }

    /// The message as what it is made of.
    func elements<T: BitwiseCopyable>(of type: T.Type) throws(CollectiveError) -> [T] {
        try requireWhole(count, of: type, from: Int(source))
        return [T](copying: UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Puts the message where it is to go, unless it came there. It must be just as long.
    func move(into target: UnsafeMutableRawBufferPointer) throws(CollectiveError) {
        try requireLength(count, target.count, from: Int(source))
        if let memory { target.copyMemory(from: UnsafeRawBufferPointer(start: memory, count: count)) }
    }

    /// Whether a part goes to the message's place, as far as it is known. One of another length gets memory of its own.
    private func fits(_ length: Int32) -> Bool {
        guard let place, memory == nil else { return false }
        let end = count + Int(length)
        return length < Parts.largest ? end == place.count : end <= place.count
    }

    fileprivate func makeRoom(for length: Int32) throws(CollectiveError) -> UnsafeMutableRawPointer {
        if fits(length), let start = place?.baseAddress { return start + count }
        // Longer memory is not copied, but has its pages elsewhere.
        guard let room = realloc(memory, max(count + Int(length), 1)) else {
            throw CollectiveError(routine: "receive", reason: "there is no memory for \(count + Int(length)) bytes")
        }
        memory = room
        return room + count
    }

    fileprivate func add(_ length: Int32) {
        count += Int(length)
        (hasParts, isWhole) = (true, length < Parts.largest)
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

/// Requires that a message is made of such elements.
func requireWhole<T>(_ byteCount: Int, of type: T.Type, from rank: Int) throws(CollectiveError) {
    guard byteCount % MemoryLayout<T>.stride != 0 else { return }
    throw CollectiveError(
        routine: "receive", reason: "rank \(rank) sent \(byteCount) bytes, no whole number of \(T.self)")
}

/// Requires that a message is as long as the memory for it.
func requireLength(_ byteCount: Int, _ expected: Int, from rank: Int) throws(CollectiveError) {
    guard byteCount != expected else { return }
    throw CollectiveError(
        routine: "receive", reason: "rank \(rank) sent \(byteCount) bytes instead of \(expected)")
}
