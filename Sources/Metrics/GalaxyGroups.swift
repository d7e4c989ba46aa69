/// The counted galaxies of one rank, in the caller's arrays, and the groups that metrics are made of: group 0 is all of
/// them, behind it come the bins of the first quantity, then those of the next.
struct GalaxyGroups {
    let predicted: [Float]
    let spectroscopic: [Float]
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

    init(predicted: [Float], spectroscopic: [Float], quantities: [[Float]], edges: [BinEdges?]) {
        (self.predicted, self.spectroscopic, self.edges) = (predicted, spectroscopic, edges)
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
                guard let edges = edges[quantity], value.isFinite,
                    Galaxy(predicted: predicted[index], spectroscopic: spectroscopic[index]) != nil
                else { return 0 }
                return UInt8(groupsOfBins[quantity].lowerBound + edges.bin(of: Double(value)))
            }
        }
    }

    /// Calls `body` with what `value` makes of each counted galaxy, once for each of its groups.
    @inline(__always)
    func forEach<Value>(_ value: (Galaxy) -> Value, _ body: (Value, _ group: Int) -> Void) {
        for index in predicted.indices {
            guard let galaxy = Galaxy(predicted: predicted[index], spectroscopic: spectroscopic[index]) else {
                continue
            }
            let value = value(galaxy)
            body(value, 0)
            for groups in groupOfGalaxy where groups[index] > 0 { body(value, Int(groups[index])) }
        }
    }
}
