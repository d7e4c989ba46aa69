import HDF5
import Survey

/// Neighbouring galaxies whose predictions this rank has.
struct PredictionRows {
    let galaxies: Range<Int>
    /// Where they begin in the columns of what was found.
    let place: Int
    let found: RankFindings
    /// The same galaxies as rows of partitions.
    let pieces: [Shard.Piece]
    /// How identifiers that are strings are stored.
    let stringForm: StringForm

    /// Where they stand in the columns of what was found.
    var places: Range<Int> { place..<place + galaxies.count }

    /// The galaxies that a rank knows of in order, in blocks that are written at once.
    ///
    /// - Parameters:
    ///   - found: What the rank knows.
    ///   - dataSet: The survey.
    ///   - size: Galaxies of a block at most.
    static func blocks(
        of found: RankFindings, _ dataSet: DataSet, every size: Int = GalaxyOwners.block
    ) -> [PredictionRows] {
        found.pieces(every: size).map { piece in
            PredictionRows(
                galaxies: piece.galaxies, place: piece.place, found: found,
                pieces: Shard(piece.galaxies, starts: dataSet.partitions.starts).pieces,
                stringForm: dataSet.stringForm ?? .any)
        }
    }
}

extension DataSet {
    /// Whether identifiers are strings that need a heap.
    var hasStringsOfAnyLength: Bool { identifiers == .strings && stringForm?.length == nil }

    /// Bytes of an identifier in a file of results.
    var identifierWidth: Int {
        identifiers == .strings ? stringForm?.length ?? StringHeap.referenceBytes : 8
    }

    /// Creates a data set for the identifiers, as the partitions have them; integers where they have none.
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    func createIdentifiers(_ name: String, in group: Group) throws -> Dataset {
        switch identifiers {
        case .none, .integers: try group.createDataset(name, of: Int64.self, shape: [rows], storage: .reserved)
        case .unsignedIntegers: try group.createDataset(name, of: UInt64.self, shape: [rows], storage: .reserved)
        case .strings:
            try group.createStringDataset(name, shape: [rows], form: stringForm ?? .any, storage: .reserved)
        }
    }
}
