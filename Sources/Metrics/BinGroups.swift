/// The groups that metrics are made of: group 0 is all counted galaxies, behind it come the bins of the first quantity,
/// then those of the next.
struct BinGroups {
    /// Of the bins of each quantity; nil where no galaxy has the quantity.
    let edges: [BinEdges?]
    /// The groups of the bins of each quantity.
    let groupsOfBins: [Range<Int>]
    /// How many groups there are.
    let count: Int
    /// Of each quantity, the group of each galaxy: one byte each. 0 stands for none.
    private let groupOfGalaxy: [[UInt8]]

    /// The most groups of galaxies with so many quantities.
    static func largestCount(quantities: Int) -> Int { 1 + quantities * BinEdges.largestBinCount }

    /// - Parameters:
    ///   - quantities: What bins are made of, each for the same galaxies of this rank.
    ///   - edges: Of each quantity, the same on every rank.
    ///   - isCounted: Whether the galaxy at a place is in any group.
    init(_ quantities: [[Float]], edges: [BinEdges?], isCounted: (Int) -> Bool) {
        self.edges = edges
        var (count, groupsOfBins) = (1, [Range<Int>]())
        for edges in edges {
            groupsOfBins.append(count..<count + (edges?.binCount ?? 0))
            count += edges?.binCount ?? 0
        }
        precondition(count <= 1 << 8, "more groups than a byte can tell apart")
        (self.count, self.groupsOfBins) = (count, groupsOfBins)
        groupOfGalaxy = quantities.indices.map { quantity in
            quantities[quantity].indices.map { index in
                let value = quantities[quantity][index]
                guard let edges = edges[quantity], edges.hold(Double(value)), isCounted(index) else { return 0 }
                return UInt8(groupsOfBins[quantity].lowerBound + edges.bin(of: Double(value)))
            }
        }
    }

    /// Calls `body` with each group of a counted galaxy.
    @inline(__always)
    func forEach(of index: Int, _ body: (_ group: Int) -> Void) {
        body(0)
        for groups in groupOfGalaxy where groups[index] > 0 { body(Int(groups[index])) }
    }
}
