import CMPI

/// Collectives that are under way while the rank does something else. All ranks begin them in the same order, also with
/// those that wait; in which order a rank waits for them is its own affair.
extension Communicator {
    /// Begins a barrier: it is done when every rank has begun it.
    ///
    /// - Throws: ``CollectiveError``
    public func startBarrier() throws(CollectiveError) -> Pending<Void> {
        let work = UnderWay(on: self, "MPI_Ibarrier", memory: ())
        let pending = Pending(work) {}
        try begin(work) { () throws(CollectiveError) in
            waiting.counter?.entered.pointee &+= 1
            try work.add { MPI_Ibarrier(handle, $0) }
        }
        return pending
    }

    /// Begins to bring rank `root`'s array to every rank. Every rank gives one of that length, and its elements are
    /// looked at on `root` only.
    ///
    /// - Throws: ``CollectiveError``; when it is waited for, on every rank, where arrays differ in length or their
    ///   elements in size. The communicator takes no other operation then.
    public func startBroadcast<T: BitwiseCopyable>(
        _ values: [T], root: Int
    ) throws(CollectiveError) -> Pending<[T]> {
        let source = try requireRank(root, "startBroadcast")
        let memory = PendingArray(values)
        let (work, bounds) = underWay("MPI_Ibcast", values, memory: memory)
        let pending = Pending(work) { memory.array }
        try begin(work, comparing: bounds) { () throws(CollectiveError) in
            try forEachPart(of: memory.bytes.count) { first, length throws(CollectiveError) in
                let start = memory.bytes.baseAddress.map { $0 + first }
                try work.add { MPI_Ibcast(start, length, cmpi_byte(), source, handle, $0) }
            }
        }
        return pending
    }

    /// Begins to combine all ranks' arrays element by element, for every rank: the same bits as
    /// ``allReduce(inPlace:_:)-([T],_)``.
    ///
    /// - Throws: ``CollectiveError``, also for what must be combined in an order that MPI does not choose: a function
    ///   that is not declared associative and commutative, and ``Reduction/reproducible``. When it is waited for, on
    ///   every rank, where arrays differ in length or their elements in size; the communicator takes no other operation
    ///   then. Also on every rank ``CollectiveError/Kind/functionThrew(rank:)``, where a function throws: one that
    ///   throws for the same two values on every rank. A function that throws nothing and communicates itself is an
    ///   error on the ranks where it does.
    public func startAllReduce<T>(
        _ values: [T], _ operation: Reduction<T>
    ) throws(CollectiveError) -> Pending<[T]> {
        try requireUsable("startAllReduce")
        guard let handles = try handles(of: operation) else {
            throw CollectiveError(
                routine: "startAllReduce",
                reason: "MPI alone chooses the order of what is under way; for another one, use allReduce")
        }
        guard let fallible = operation.fallible else {
            let memory = PendingArray(values)
            return try startAllReduce(values, as: memory, handles) { memory.array }
        }
        let memory = PendingArray<Fallible<T>>(count: values.count)
        if let start = memory.elements.baseAddress { fallible.pack(values, start) }
        let rank = rank
        return try startAllReduce(values, as: memory, handles) { () throws(CollectiveError) in
            let (values, mark) = fallible.unpack(UnsafeBufferPointer(memory.elements))
            if let error = Fault.error(nil, found: mark, on: rank, "startAllReduce") { throw error }
            return values
        }
    }

    private func handles<T>(of operation: Reduction<T>) throws(CollectiveError) -> Handles? {
        guard let fallible = operation.fallible, operation.isFree else { return try operation.handlesInFreeOrder() }
        return try Combination.handles(fallible.combine, isExact: false, rank: rank)
    }

    /// - Parameters:
    ///   - values: What the caller has given.
    ///   - memory: The same as MPI combines it.
    ///   - result: What has come of it.
    private func startAllReduce<T: BitwiseCopyable, Combined: BitwiseCopyable>(
        _ values: [T], as memory: PendingArray<Combined>, _ handles: Handles,
        _ result: @escaping () throws(CollectiveError) -> [T]
    ) throws(CollectiveError) -> Pending<[T]> {
        let (work, bounds) = underWay("MPI_Iallreduce", values, memory: memory)
        let rank = rank
        let pending = Pending(work) { () throws(CollectiveError) in
            let fault = handles.isOwn ? Combination.free(handles) : nil
            if let error = Fault.error(fault, found: 0, on: rank, "startAllReduce") { throw error }
            return try result()
        }
        try begin(work, comparing: bounds) { () throws(CollectiveError) in
            try forEachPart(of: memory.elements.count) { first, length throws(CollectiveError) in
                let start = memory.elements.baseAddress.map { $0 + first }
                try work.add {
                    MPI_Iallreduce(cmpi_in_place(), start, length, handles.datatype, handles.operation, handle, $0)
                }
            }
        }
        return pending
    }
}

extension Communicator {
    /// What is under way on arrays that must agree between ranks. To compare them first would be to wait for all:
    /// their bounds are compared meanwhile.
    ///
    /// - Parameters:
    ///   - isDealt: Whether the arrays are dealt to the ranks: their length must be one that can.
    ///   - memory: What MPI uses.
    func underWay<T>(
        _ routine: String, _ values: [T], isDealt: Bool = false, memory: Any
    ) -> (UnderWay, PendingArray<Int64>) {
        let (count, stride) = (values.count, MemoryLayout<T>.stride)
        let bounds = PendingArray([count, -count, stride, -stride].map { Bound($0, rank).number })
        let work = UnderWay(on: self, routine, memory: (memory, bounds)) { part throws(CollectiveError) in
            guard part == 0 else { return }
            if let error = disagreement(bounds.array.map(Bound.init), of: size, routine) {
                // On every rank, also where nothing is left.
                waiting.abandon(routine)
                throw error
            }
            if isDealt { _ = try evenPart(of: count, routine) }
        }
        return (work, bounds)
    }

    func begin(
        _ work: UnderWay, comparing bounds: PendingArray<Int64>, _ body: () throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        try begin(work) { () throws(CollectiveError) in
            waiting.counter?.entered.pointee &+= 1
            let numbers = bounds.elements.baseAddress
            try work.add { MPI_Iallreduce(cmpi_in_place(), numbers, 4, cmpi_int64(), cmpi_max(), handle, $0) }
            try body()
        }
    }
}

/// A number and the rank that has it, as one number: of the largest ones, that of the lowest rank is the largest.
private struct Bound {
    let number: Int64
    private static let ranks = Int64(1) << 22

    init(_ number: Int64) { self.number = number }

    init(_ value: Int, _ rank: Int) { number = Int64(value) * Self.ranks + Self.ranks - 1 - Int64(rank) }

    var value: Int { Int(number >> Int64(Self.ranks.trailingZeroBitCount)) }
    var rank: Int { Int(Self.ranks - 1 - number & (Self.ranks - 1)) }
}

/// How arrays differ: those bounds are the largest of each kind over all ranks.
private func disagreement(_ bounds: [Bound], of size: Int, _ routine: String) -> CollectiveError? {
    guard bounds.allSatisfy({ (0..<size).contains($0.rank) }) else {
        return CollectiveError(
            routine: routine, reason: "another rank was in another operation, or has not started this one")
    }
    let (longest, shortest, largest, smallest) = (bounds[0], bounds[1], bounds[2], bounds[3])
    if largest.value != -smallest.value {
        return CollectiveError(
            smallest: -smallest.value, on: smallest.rank, largest: largest.value, on: largest.rank, routine: routine)
    }
    guard longest.value != -shortest.value else { return nil }
    return CollectiveError(
        shortest: -shortest.value, on: shortest.rank, longest: longest.value, on: longest.rank, routine: routine)
}
