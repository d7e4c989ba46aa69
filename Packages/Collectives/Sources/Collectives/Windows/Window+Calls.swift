import CMPI

/// Copies to and from other ranks, this one included.
extension Window {
    /// Overwrites elements of a rank. What comes of others that are put there or read at the same time is left open.
    ///
    /// - Parameters:
    ///   - values: Their new values.
    ///   - rank: The rank that has them.
    ///   - offset: The first of them.
    /// - Throws: ``CollectiveError``, also when the rank has no such elements.
    public func put(_ values: [Element], to rank: Int, at offset: Int) throws(CollectiveError) {
        let place = try place(of: values.count, at: offset, on: rank, "put")
        try values.withElements { memory throws(CollectiveError) in
            let bytes = UnsafeRawPointer(memory)
            try forEachPart(of: values.count * MemoryLayout<Element>.stride) { first, length throws(CollectiveError) in
                let (start, target, byte) = (bytes + first, place.start + first, cmpi_byte())
                try complete("MPI_Put", at: place.rank) {
                    MPI_Put(start, length, byte, place.rank, target, length, byte, window)
                }
            }
        }
    }

    /// Elements of a rank, as they are now.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - rank: The rank that has them.
    ///   - offset: The first of them.
    /// - Throws: ``CollectiveError``, also when the rank has no such elements.
    public func get(_ count: Int, from rank: Int, at offset: Int) throws(CollectiveError) -> [Element] {
        let place = try place(of: count, at: offset, on: rank, "get")
        return try receivedArray(count) { memory throws(CollectiveError) in
            let bytes = UnsafeMutableRawPointer(memory)
            try forEachPart(of: count * MemoryLayout<Element>.stride) { first, length throws(CollectiveError) in
                let (start, source, byte) = (bytes + first, place.start + first, cmpi_byte())
                try complete("MPI_Get", at: place.rank) {
                    MPI_Get(start, length, byte, place.rank, source, length, byte, window)
                }
            }
        }
    }

    /// Waits until what `start` begins at a rank is done there.
    private func complete(_ routine: String, at target: Int32, _ start: () -> Int32) throws(CollectiveError) {
        // Only a flush, which nothing interrupts, says that it is done. Where that could be too long, the target is
        // asked for a byte after it: one that has answered has come to what was begun before.
        let (byte, waiting) = (cmpi_byte(), communicator.waiting)
        _ = try communicator.exchangedValue(UInt8(0)) { answer throws(CollectiveError) in
            try communicator.exchange(
                routine, with: target,
                {
                    let code = start()
                    return code == MPI_SUCCESS ? MPI_Win_flush(target, window) : code
                },
                {
                    let code = start()
                    return code == MPI_SUCCESS ? MPI_Rget(answer, 1, byte, target, 0, 1, byte, window, $0) : code
                })
        }
        if waiting.mayBlock { return }
        try Turn.take(routine)
        defer { Turn.give() }
        try check(MPI_Win_flush(target, window), "MPI_Win_flush")
    }
}

/// Changes that nobody else's come between: each element is changed as one step, in whichever order ranks come. At one
/// time, all ranks must change an element by one and the same of these operations, and not by `put` beside it: MPI
/// promises nothing else.
extension Window {
    /// Combines elements of a rank with those given.
    ///
    /// - Parameters:
    ///   - values: What is combined with them.
    ///   - operation: One that MPI has itself: sums of numbers of 32 bits and more, products; of integers `min`, `max`
    ///     (under MPICH 4.0 where they have a sign), `and`, `or` and `xor`; the last three of `Bool`, too.
    ///   - rank: The rank that has them.
    ///   - offset: The first of them.
    /// - Throws: ``CollectiveError``, also for other operations, and when the rank has no such elements.
    public func accumulate(
        _ values: [Element], _ operation: Reduction<Element>, to rank: Int, at offset: Int
    ) throws(CollectiveError) {
        let place = try place(of: values.count, at: offset, on: rank, "accumulate")
        let (operation, datatype) = try native(operation, "accumulate")
        try values.withElements { memory throws(CollectiveError) in
            try forEachPart(of: values.count) { first, length throws(CollectiveError) in
                let (start, target) = (memory + first, place.start + first * MemoryLayout<Element>.stride)
                try complete("MPI_Accumulate", at: place.rank) {
                    MPI_Accumulate(start, length, datatype, place.rank, target, length, datatype, operation, window)
                }
            }
        }
    }

    /// Combines an element of a rank with a value.
    ///
    /// - Parameters:
    ///   - value: What is combined with it.
    ///   - operation: As ``accumulate(_:_:to:at:)`` takes it.
    ///   - rank: The rank that has it.
    ///   - offset: The element.
    /// - Returns: What was there before.
    /// - Throws: ``CollectiveError``, as ``accumulate(_:_:to:at:)``
    public func fetchAndAccumulate(
        _ value: Element, _ operation: Reduction<Element>, to rank: Int, at offset: Int
    ) throws(CollectiveError) -> Element {
        let place = try place(of: 1, at: offset, on: rank, "fetchAndAccumulate")
        let (operation, datatype) = try native(operation, "fetchAndAccumulate")
        // What MPI reads, and room for what was there.
        let values = try exchangedArray([value, value]) { memory throws(CollectiveError) in
            try complete("MPI_Fetch_and_op", at: place.rank) {
                MPI_Fetch_and_op(memory, memory + 1, datatype, place.rank, place.start, operation, window)
            }
        }
        return values[1]
    }

    private func native(
        _ operation: Reduction<Element>, _ routine: String
    ) throws(CollectiveError) -> (OperationHandle, DatatypeHandle) {
        guard case .native(let handle, let datatype, let isExact) = operation.kind,
            isExact || !operation.isReproducible,
            // Some libraries would add them, others add them wrongly: a program is to depend on none.
            handle != cmpi_sum() || MemoryLayout<Element>.stride >= 4
        else {
            throw CollectiveError(
                routine: routine,
                reason: """
                    a window has only operations of MPI's own, in any order: no function, no min and max of \
                    floating-point numbers, no reproducible sum of them, and no sum of 8 or 16 bits
                    """)
        }
        return (handle, datatype)
    }
}

extension Window where Element: MPINumber & FixedWidthInteger {
    /// Changes an element of a rank if it is what is expected.
    ///
    /// - Parameters:
    ///   - expected: What it must be.
    ///   - desired: What it becomes then.
    ///   - rank: The rank that has it.
    ///   - offset: The element.
    /// - Returns: What was there before: it was changed if that is what was expected.
    /// - Throws: ``CollectiveError``, also when the rank has no such element, and for a type that MPI does not know.
    public func compareAndSwap(
        expected: Element, desired: Element, on rank: Int, at offset: Int
    ) throws(CollectiveError) -> Element {
        let place = try place(of: 1, at: offset, on: rank, "compareAndSwap")
        guard let datatype = Element.knownDatatype?.handle else {
            throw CollectiveError(routine: "compareAndSwap", reason: "MPI does not know \(Element.self)")
        }
        try requireSwaps()
        let values = try exchangedArray([desired, expected, expected]) { memory throws(CollectiveError) in
            try complete("MPI_Compare_and_swap", at: place.rank) {
                MPI_Compare_and_swap(memory, memory + 1, memory + 2, datatype, place.rank, place.start, window)
            }
        }
        return values[2]
    }

    /// Requires that MPI does not crash.
    private func requireSwaps() throws(CollectiveError) {
        guard crashesInSwaps else { return }
        throw CollectiveError(
            routine: "compareAndSwap",
            reason: """
                Open MPI 4 would crash, since its setting `osc` chooses `rdma`: leave that out, by OMPI_MCA_osc=^rdma
                """)
    }
}
