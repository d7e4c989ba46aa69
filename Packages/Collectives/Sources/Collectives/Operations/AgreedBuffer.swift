import Glibc

/// Memory for collectives that are called often: every rank has as many elements, which is agreed on once, when it is
/// made. Its operations allocate nothing, compare no lengths and leave their results in it.
public final class AgreedBuffer<Element: BitwiseCopyable> {
    /// The elements of this rank, on a page boundary and in large pages where there are megabytes of them, since MPI
    /// copies long ones between processes page by page; zero bytes at first.
    public let elements: UnsafeMutableBufferPointer<Element>

    private let communicator: Communicator
    private let start: UnsafeMutablePointer<Element>
    private let count: Int
    /// What each rank has in a gather or scatter; nil where the elements cannot be dealt evenly.
    private let bytesPerRank: Int?
    /// What was allocated.
    private let allocation: UnsafeMutableRawPointer
    /// False when an operation has failed and may still be pending, and the memory in use.
    private var isIdle = true

    /// Makes a buffer; every rank calls it.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the counts or the sizes of the elements differ, the count is
    ///   negative, or a rank has no memory for them.
    public init(count: Int, on communicator: Communicator) throws(CollectiveError) {
        let memory = Self.allocate(count)
        do throws(CollectiveError) {
            try communicator.agree(
                onLength: count, of: Element.self, fits: memory != nil || count < 0,
                otherwise: "there is no memory for the elements", "AgreedBuffer")
        } catch {
            free(memory)
            throw error
        }
        let allocation = memory!
        self.allocation = allocation
        start = allocation.alignedUp(toMultipleOf: Self.page).bindMemory(to: Element.self, capacity: count)
        elements = UnsafeMutableBufferPointer(start: start, count: count)
        (self.count, self.communicator) = (count, communicator)
        let part = count / communicator.size * MemoryLayout<Element>.stride
        bytesPerRank = count % communicator.size == 0 && part <= Parts.largest ? part : nil
    }

    private static var page: Int { 4096 }

    /// Pages that are zero anyway, of which those that nobody uses take no memory. MPI finds large ones three times as
    /// fast where it copies from another process.
    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        let (byteCount, isTooLarge) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !isTooLarge, (0..<Int.max - page).contains(byteCount), let memory = calloc(1, byteCount + page) else {
            return nil
        }
        adviseLargePages(UnsafeMutableRawBufferPointer(start: memory, count: byteCount + page))
        return memory
    }

    deinit { if isIdle { free(allocation) } }

    /// Overwrites the elements by rank `root`'s.
    ///
    /// - Throws: ``CollectiveError``
    public func broadcast(root: Int) throws(CollectiveError) {
        let root = try communicator.requireRank(root, "broadcast")
        try use { () throws(CollectiveError) in
            try communicator.broadcast(bytes: start, count * MemoryLayout<Element>.stride, root: root)
        }
    }

    /// Overwrites `root`'s elements by all ranks' elements combined.
    ///
    /// - Throws: ``CollectiveError``
    public func reduce(_ operation: Reduction<Element>, root: Int) throws(CollectiveError) {
        let root = try communicator.requireRank(root, "reduce")
        try use { () throws(CollectiveError) in
            try communicator.reduce(
                Operands(start, into: communicator.rank == Int(root) ? start : nil), count, operation, root: root)
        }
    }

    /// Overwrites the elements by all ranks' elements combined.
    ///
    /// - Throws: ``CollectiveError``
    public func allReduce(_ operation: Reduction<Element>) throws(CollectiveError) {
        try allReduce(operation, in: 0..<count)
    }

    /// Overwrites the first elements by all ranks' first elements combined, and leaves the others alone.
    ///
    /// - Parameters:
    ///   - operation: How elements are combined.
    ///   - first: How many; the same on every rank, which nobody compares: it must follow from what all know.
    /// - Throws: ``CollectiveError``
    public func allReduce(_ operation: Reduction<Element>, first: Int) throws(CollectiveError) {
        guard (0...count).contains(first) else {
            throw CollectiveError(routine: "allReduce", reason: "\(first) of \(count) elements are to be combined")
        }
        try allReduce(operation, in: 0..<first)
    }

    /// Overwrites some elements by all ranks' elements at the same places combined, and leaves the others alone. Where
    /// MPI works beside the ranks, as it does with a deadline, it takes as much memory again: many elements take less
    /// part by part.
    ///
    /// - Parameters:
    ///   - operation: How elements are combined.
    ///   - places: Which; the same on every rank, which nobody compares: they must follow from what all know.
    /// - Throws: ``CollectiveError``
    public func allReduce(_ operation: Reduction<Element>, in places: Range<Int>) throws(CollectiveError) {
        guard places.lowerBound >= 0, places.upperBound <= count else {
            throw CollectiveError(routine: "allReduce", reason: "elements \(places) of \(count) are to be combined")
        }
        try use { () throws(CollectiveError) in
            try communicator.allReduce(Operands(inPlace: start + places.lowerBound), places.count, operation)
        }
    }

    /// Overwrites the elements by those of the ranks up to this one combined.
    ///
    /// - Throws: ``CollectiveError``
    public func scan(_ operation: Reduction<Element>) throws(CollectiveError) {
        try use { () throws(CollectiveError) in
            try communicator.scan(Operands(inPlace: start), count, operation)
        }
    }

    /// Overwrites the elements by those of the ranks before this one combined; rank 0's become meaningless.
    ///
    /// - Throws: ``CollectiveError``
    public func exclusiveScan(_ operation: Reduction<Element>) throws(CollectiveError) {
        try use { () throws(CollectiveError) in
            try communicator.scan(Operands(inPlace: start), count, operation, isExclusive: true)
        }
    }

    /// Brings every rank's part, the r-th of as many as there are ranks, into the same place of `root`'s elements.
    ///
    /// - Throws: ``CollectiveError``, also when the elements cannot be dealt evenly, or parts are above 1 GiB.
    public func gather(root: Int) throws(CollectiveError) {
        let root = try communicator.requireRank(root, "gather")
        let own = try ownPart("gather")
        try use { () throws(CollectiveError) in
            try communicator.gather(own.start, into: start, own.byteCount, root: root)
        }
    }

    /// Brings every rank's part into the same place of everybody's elements.
    ///
    /// - Throws: ``CollectiveError``, as ``gather(root:)``.
    public func allGather() throws(CollectiveError) {
        let own = try ownPart("allGather")
        try use { () throws(CollectiveError) in
            try communicator.allGather(start, own.byteCount)
        }
    }

    /// Brings every rank's part of `root`'s elements into the same place of that rank's own.
    ///
    /// - Throws: ``CollectiveError``, as ``gather(root:)``.
    public func scatter(root: Int) throws(CollectiveError) {
        let root = try communicator.requireRank(root, "scatter")
        let own = try ownPart("scatter")
        try use { () throws(CollectiveError) in
            try communicator.scatter(start, into: own.start, own.byteCount, root: root)
        }
    }

    /// Runs an operation.
    private func use(_ operation: () throws(CollectiveError) -> Void) throws(CollectiveError) {
        do throws(CollectiveError) { try operation() } catch {
            if error.mayLeavePending { isIdle = false }
            throw error
        }
    }

    private func ownPart(
        _ routine: String
    ) throws(CollectiveError) -> (start: UnsafeMutableRawPointer, byteCount: Int) {
        guard let bytesPerRank else {
            throw CollectiveError(
                routine: routine,
                reason: "\(count) values cannot be dealt evenly to \(communicator.size) ranks, or are above 1 GiB each")
        }
        return (UnsafeMutableRawPointer(start) + communicator.rank * bytesPerRank, bytesPerRank)
    }
}
