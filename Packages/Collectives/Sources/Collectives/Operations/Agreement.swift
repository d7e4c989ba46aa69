import CMPI

/// What ranks must agree on before they exchange arrays.
extension Communicator {
    /// The largest of each number over all ranks.
    func largest(_ numbers: SIMD4<Int64>) throws(CollectiveError) -> SIMD4<Int64> {
        try exchangedValue(numbers) { memory throws(CollectiveError) in
            try collective(
                "MPI_Allreduce",
                { MPI_Allreduce(cmpi_in_place(), memory, 4, cmpi_int64(), cmpi_max(), handle) },
                { MPI_Iallreduce(cmpi_in_place(), memory, 4, cmpi_int64(), cmpi_max(), handle, $0) })
        }
    }

    /// Requires that every rank comes with as many elements of the same size; throws on all of them when they do not.
    ///
    /// - Parameters:
    ///   - fits: Whether the array of all parts, where this rank has one, is as long as the parts are.
    ///   - complaint: Of all ranks when it does not on one of them.
    func agree<T>(
        onLength length: Int, of type: T.Type, fits: Bool = true, otherwise complaint: String? = nil, _ routine: String
    ) throws(CollectiveError) {
        // No length is so small.
        let misfit = -Int.max
        let (stride, length) = (MemoryLayout<T>.stride, fits ? max(length, misfit + 1) : misfit)
        let bounds = try largest([Int64(length), Int64(-length), Int64(stride), Int64(-stride)])
        try requireOneSize(bounds, stride, routine)
        let (longest, shortest) = (Int(bounds[0]), Int(-bounds[1]))
        guard shortest >= 0 else {
            let rank = try allGather(length).firstIndex(of: shortest) ?? 0
            let misfitting = complaint ?? "the array of all parts is not \(size) times as long as one"
            let reason = shortest == misfit ? misfitting : "the length is \(shortest)"
            throw CollectiveError(routine: routine, reason: "on rank \(rank), \(reason)")
        }
        guard longest != shortest else { return }
        let lengths = try allGather(length)
        let (low, high) = (lengths.firstIndex(of: shortest) ?? 0, lengths.firstIndex(of: longest) ?? 0)
        throw CollectiveError(shortest: shortest, on: low, longest: longest, on: high, routine: routine)
    }

    /// A number that `root` gives, on every rank, where all have elements of the same size; throws on all of them when
    /// they do not.
    func agree<T>(
        onNumber number: Int, of root: Int, elements type: T.Type, _ routine: String
    ) throws(CollectiveError) -> Int {
        let stride = MemoryLayout<T>.stride
        let bounds = try largest([rank == root ? Int64(number) : .min, 0, Int64(stride), Int64(-stride)])
        try requireOneSize(bounds, stride, routine)
        return Int(bounds[0])
    }

    /// How many elements `root` gives, on every rank; the others' own are not looked at. Throws on all ranks when it
    /// gives none at all, or the sizes of elements differ.
    func agree<T>(onCountOf values: [T]?, of root: Int, _ routine: String) throws(CollectiveError) -> Int {
        let count = try agree(onNumber: values?.count ?? -1, of: root, elements: T.self, routine)
        guard count >= 0 else {
            throw CollectiveError(routine: routine, reason: "rank \(root) is the root and gives no values")
        }
        return count
    }

    /// How many elements a rank gets of as many; throws, on every rank that has as many, when there is a rest.
    func evenPart(of count: Int, _ routine: String) throws(CollectiveError) -> Int {
        guard count % size == 0 else {
            throw CollectiveError(
                routine: routine, reason: "\(count) values cannot be dealt evenly to \(size) ranks")
        }
        return count / size
    }

    /// Throws on every rank what `body` throws on one, and says which it was.
    ///
    /// - Parameters:
    ///   - subject: What it is about.
    ///   - body: Calls MPI, and takes no turn itself.
    func shareFault(
        _ routine: String, of subject: String, _ body: () throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        var fault: CollectiveError?
        do throws(CollectiveError) { try Turn.with(routine, body) } catch { fault = error }
        let failed = Int(try largest([fault == nil ? 0 : Int64(rank + 1), 0, 0, 0])[0]) - 1
        guard failed >= 0 else { return }
        let kind = try broadcast(FaultKind(fault), root: failed).kind
        guard let fault else {
            throw CollectiveError(
                kind, routine: routine, reason: "\(subject): rank \(failed) failed, and says why")
        }
        throw CollectiveError(
            fault.kind, routine: fault.routine, reason: "\(subject): rank \(rank): \(fault.reason)")
    }

    /// Throws when elements differ in size.
    ///
    /// - Parameter bounds: The largest size is third, and the largest of the negative sizes last.
    func requireOneSize(_ bounds: SIMD4<Int64>, _ stride: Int, _ routine: String) throws(CollectiveError) {
        guard bounds[2] != -bounds[3] else { return }
        throw CollectiveError(sizes: try allGather(stride), routine: routine)
    }
}

extension CollectiveError {
    /// Elements differ in size: those of each rank are given, in bytes.
    init(sizes: [Int], routine: String) {
        let (smallest, largest) = (sizes.min() ?? 0, sizes.max() ?? 0)
        let (low, high) = (sizes.firstIndex(of: smallest) ?? 0, sizes.firstIndex(of: largest) ?? 0)
        self.init(smallest: smallest, on: low, largest: largest, on: high, routine: routine)
    }

    /// Elements differ in size: the ranks with the smallest and the largest are given, and those sizes in bytes.
    init(smallest: Int, on low: Int, largest: Int, on high: Int, routine: String) {
        self.init(
            .sizesDiffer(smallest: smallest, rankOfSmallest: low, largest: largest, rankOfLargest: high),
            routine: routine,
            reason: """
                sizes of elements differ between ranks, in bytes: \(smallest) on rank \(low), \(largest) on rank \(high)
                """)
    }

    /// Arrays differ in length: the ranks with the shortest and the longest are given.
    init(shortest: Int, on low: Int, longest: Int, on high: Int, routine: String) {
        self.init(
            .lengthsDiffer(shortest: shortest, rankOfShortest: low, longest: longest, rankOfLongest: high),
            routine: routine,
            reason: "lengths differ between ranks: \(shortest) on rank \(low), \(longest) on rank \(high)")
    }
}
