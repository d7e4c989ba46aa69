import CMPI

/// Some ranks in an order of their own: what MPI calls a group. It is a list of numbers, and no object of MPI's, since
/// a group does nothing but name ranks: so it is compared and copied like any value, and need not be freed.
///
/// ``Communicator/group`` gives one, the functions here make others of it without any communication, and `subset` of a
/// communicator makes one of its ranks.
public struct RankGroup: Sendable, Equatable {
    /// The ranks, in the group's order, by their numbers among all ranks of the job.
    public let worldRanks: [Int]
    /// This process's, among all ranks of the job.
    private let own: Int

    private init(_ worldRanks: [Int], own: Int) { (self.worldRanks, self.own) = (worldRanks, own) }

    /// The number of ranks.
    public var size: Int { worldRanks.count }

    /// This process's number in the group, from 0; nil where it does not belong to it.
    public var rank: Int? { worldRanks.firstIndex(of: own) }

    /// The ranks of this group, and behind them those of the other that are not in this one.
    public func union(_ other: RankGroup) -> RankGroup {
        RankGroup(worldRanks + other.subtracting(self).worldRanks, own: own)
    }

    /// The ranks of this group that are in the other too, in the order that they have here.
    public func intersection(_ other: RankGroup) -> RankGroup {
        let others = Set(other.worldRanks)
        return RankGroup(worldRanks.filter(others.contains), own: own)
    }

    /// The ranks of this group that are not in the other, in the order that they have here.
    public func subtracting(_ other: RankGroup) -> RankGroup {
        let others = Set(other.worldRanks)
        return RankGroup(worldRanks.filter { !others.contains($0) }, own: own)
    }

    /// These of the group's ranks, in this order.
    ///
    /// - Throws: ``CollectiveError`` when one is named twice, or is no rank of the group.
    public func subset(_ ranks: [Int]) throws(CollectiveError) -> RankGroup {
        try requireDifferent(ranks, of: size, "subset")
        return RankGroup(ranks.map { worldRanks[$0] }, own: own)
    }

    /// All ranks of the group but these, in the order that they have here.
    ///
    /// - Throws: ``CollectiveError``, as ``subset(_:)``.
    public func excluding(_ ranks: [Int]) throws(CollectiveError) -> RankGroup {
        try subtracting(subset(ranks))
    }

    /// The number that a rank of this group has in another; nil where it does not belong to that.
    ///
    /// - Throws: ``CollectiveError`` when `rank` is no rank of this group.
    public func translate(_ rank: Int, to group: RankGroup) throws(CollectiveError) -> Int? {
        try requireDifferent([rank], of: size, "translate")
        return group.worldRanks.firstIndex(of: worldRanks[rank])
    }

    /// The ranks of a communicator of MPI's.
    fileprivate init(of communicator: CommunicatorHandle, size: Int) throws(CollectiveError) {
        var (members, world) = (cmpi_group_null(), cmpi_group_null())
        try check(MPI_Comm_group(communicator, &members), "MPI_Comm_group")
        defer { MPI_Group_free(&members) }
        try check(MPI_Comm_group(cmpi_comm_world(), &world), "MPI_Comm_group")
        defer { MPI_Group_free(&world) }
        var (numbers, own) = ([Int32](repeating: 0, count: size), Int32(0))
        try check(
            MPI_Group_translate_ranks(members, Int32(size), (0..<size).map { Int32($0) }, world, &numbers),
            "MPI_Group_translate_ranks")
        guard !numbers.contains(Int32(MPI_UNDEFINED)) else {
            throw CollectiveError(routine: "group", reason: "the communicator has ranks of another job")
        }
        try check(MPI_Group_rank(world, &own), "MPI_Group_rank")
        self.init(numbers.map { Int($0) }, own: Int(own))
    }
}

extension Communicator {
    /// The ranks of this communicator, in its order. No other rank is asked.
    ///
    /// - Throws: ``CollectiveError``, also for an adopted communicator that has ranks of another job.
    public var group: RankGroup {
        get throws(CollectiveError) {
            try requireUsable("group")
            try Turn.take("group")
            defer { Turn.give() }
            return try RankGroup(of: handle, size: size)
        }
    }

    /// The ranks of a group, in its order; nil on the others. Every rank of this communicator calls it with the same
    /// group.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the groups differ, or one of their ranks is not in this
    ///   communicator.
    public func subset(_ group: RankGroup) throws(CollectiveError) -> Communicator? {
        try requireSame(group.worldRanks)
        let others = group.subtracting(try self.group).worldRanks
        guard others.isEmpty else {
            throw CollectiveError(
                routine: "subset", reason: "ranks \(others) of the job are in the group, and not in this communicator")
        }
        return try split(color: group.rank.map { _ in 0 }, key: group.rank ?? 0)
    }
}

/// Requires that these are ranks, each named once.
func requireDifferent(_ ranks: [Int], of size: Int, _ routine: String) throws(CollectiveError) {
    if let rank = ranks.first(where: { !(0..<size).contains($0) }) {
        throw CollectiveError(routine: routine, reason: "there is no rank \(rank) among \(size) ranks")
    }
    guard Set(ranks).count == ranks.count else {
        throw CollectiveError(routine: routine, reason: "a rank is twice among \(ranks)")
    }
}
