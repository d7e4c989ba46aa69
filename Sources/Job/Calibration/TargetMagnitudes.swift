import Collectives
import Survey

/// Magnitudes of the galaxies that a calibration is to be used for, read without their images.
struct TargetMagnitudes {
    /// The most galaxies that are taken: enough to know how dense they are anywhere, and bounded in memory.
    static let limit = 1 << 20

    /// Galaxies of the target in all.
    let galaxies: Int
    /// [taken galaxies, bands], those with all magnitudes, in data-set order; on rank 0, empty elsewhere.
    let magnitudes: [Float]
    /// Galaxies that were taken; on rank 0.
    var count: Int { magnitudes.count / bands }
    private let bands: Int

    /// Reads them; every rank calls it, and reads its share.
    ///
    /// - Throws: `PartitionError` or `HDF5Error` when a partition cannot be read; a communication error.
    init(of dataSet: DataSet, _ schema: PartitionSchema, on world: Communicator) throws {
        (galaxies, bands) = (dataSet.rows, schema.bands)
        let share = Sharding.rows.galaxies(of: world.rank, worldSize: world.size, starts: dataSet.partitions.starts)
        var mine: [Float] = []
        for piece in Shard(share, starts: dataSet.partitions.starts).pieces {
            try Self.add(piece, of: dataSet, schema, to: &mine)
        }
        magnitudes = try world.gatherVarying(mine, root: 0).map { Array($0.joined()) } ?? []
    }

    /// Rows that are read at once.
    private static let step = 4096

    private static func add(
        _ piece: Shard.Piece, of dataSet: DataSet, _ schema: PartitionSchema, to mine: inout [Float]
    ) throws {
        let file = try dataSet.openAsBefore(piece.partition, schema: schema)
        let start = dataSet.partitions.starts[piece.partition]
        for first in stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: step) {
            let rows = first..<min(first + step, piece.rows.upperBound)
            let magnitudes = try file.readMagnitudes(rows: rows)
            for row in rows where isTaken(start + row, of: dataSet.rows) {
                let place = (row - first) * schema.bands
                let own = magnitudes[place..<place + schema.bands]
                if own.allSatisfy(\.isFinite) { mine += own }
            }
        }
    }

    /// Whether a galaxy is one of at most about ``limit`` of all. Multiples of the golden ratio are evenly spread
    /// modulo 1: whatever order the galaxies have, every stretch of them gives its share, and no period is met.
    static func isTaken(_ galaxy: Int, of count: Int) -> Bool {
        guard count > limit else { return true }
        let place = UInt64(truncatingIfNeeded: galaxy) &* 0x9e37_79b9_7f4a_7c15
        return place < UInt64.max / UInt64(count) * UInt64(limit)
    }
}
