import Collectives
import Glibc
import HDF5
import PhotozMachine
import Survey

/// Writes `predictions.h5` and `predictions.csv`: rank 0 creates them, and every rank writes the rows of its galaxies
/// at their places. Nothing is gathered, and memory does not grow with what is written.
package struct PredictionsWriter {
    /// Who writes the rows.
    package let way: WriteWay
    private let world: Communicator
    private let dataSet: DataSet
    private let hasViews: Bool
    private let provenance: [(String, String)]
    private let kept: KeptReader?
    private let path: String
    /// Where the table goes; nil for none.
    private let tablePath: String?
    /// On rank 0; nil elsewhere.
    private let file: PredictionsFile?

    /// Creates the files and takes the room on the disk for what is known of them, which is all but strings of any
    /// length, so that a full disk shows before anything is computed. Every rank calls it.
    ///
    /// - Parameters:
    ///   - path: Of `predictions.h5`, under a name for what is not whole yet.
    ///   - tablePath: Of `predictions.csv`; nil for none.
    ///   - dataSet: The survey.
    ///   - hasViews: Whether there are uncertainties.
    ///   - provenance: Attributes of `predictions.h5`.
    ///   - kept: Reads the columns that are carried from the partitions; nil where there are none.
    ///   - way: Who writes the rows.
    ///   - world: All ranks.
    /// - Throws: On rank 0 `HDF5Error` or ``JobError`` when they cannot be written.
    package init(
        _ path: String, table tablePath: String?, dataSet: DataSet, hasViews: Bool, provenance: [(String, String)],
        kept: KeptReader? = nil, way: WriteWay, on world: Communicator
    ) throws {
        self.way = way
        self.world = world
        self.dataSet = dataSet
        self.hasViews = hasViews
        self.provenance = provenance
        self.kept = kept
        self.path = path
        self.tablePath = tablePath
        file =
            world.rank == 0
            ? try PredictionsFile(creating: path, dataSet, hasViews: hasViews, provenance: provenance, kept: kept) : nil
        guard world.rank == 0, let tablePath else { return }
        try writeFile([], tablePath)
        try File.takeRoom(Self.tableBytes(of: dataSet, hasViews: hasViews), for: tablePath)
    }

    /// Writes and stores the rows. Every rank calls it.
    ///
    /// - Parameter found: What this rank knows; together the ranks have each galaxy once.
    /// - Throws: A communication error, or ``JobError``: on every rank with code 70 when a galaxy is missing or there
    ///   twice, and then nothing is written, or with code 74 when something cannot be written.
    package func write(_ found: RankFindings) throws {
        let owners = GalaxyOwners(total: dataSet.rows, on: world)
        let rows = PredictionRows.blocks(of: found, dataSet)
        try owners.requireTiling(rows.map(\.galaxies))
        try world.together { try requireSound(found) }
        var heap = try self.heap(found, owners)
        let table = try tablePath.map {
            try TableParts($0, dataSet, hasViews: hasViews, carried: kept, rows, owners, on: world)
        }
        let file = try world.broadcastValue(try create(heap))
        heap?.start = file.heap
        try SharedWriter(way: way, paths: [path] + (table.map { [$0.path] } ?? []), world: world).write(
            steps: rows.count
        ) { step in
            try parts(of: rows[step], file, heap) + (table.map { [try $0.part(step, rows[step])] } ?? [])
        }
        guard world.rank == 0 else { return }
        try requireSize(file.byteCount, of: path)
        if let table { try requireSize(table.byteCount, of: table.path) }
    }

    private func requireSound(_ found: RankFindings) throws {
        let counts =
            [found.redshifts.count, found.flags.count] + (hasViews ? [found.means.count, found.scatters.count] : [])
            + (dataSet.identifiers == .none ? [] : [found.identifiers.count])
        guard counts.allSatisfy({ $0 == found.predictions.count }) else {
            throw JobError(.unexpected, "a rank has columns of different lengths; this is a bug of photoz")
        }
        try found.identifiers.requireStorable(in: dataSet)
    }

    /// Where the identifiers go when they are strings of any length; nil for others.
    private func heap(_ found: RankFindings, _ owners: GalaxyOwners) throws -> StringHeap? {
        guard dataSet.hasStringsOfAnyLength else { return nil }
        return try StringHeap(found, total: dataSet.rows, owners, on: world)
    }

    /// The file as it was created at first, or anew with the heap, whose size was not known then. On rank 0; nil
    /// elsewhere.
    private func create(_ heap: StringHeap?) throws -> PredictionsFile? {
        guard file != nil, let heap, heap.byteCount > 0 else { return file }
        return try PredictionsFile(
            creating: path, dataSet, hasViews: hasViews, provenance: provenance, kept: kept,
            heapBytes: heap.byteCount)
    }

    /// What a block of rows is in `predictions.h5`.
    private func parts(of rows: PredictionRows, _ file: PredictionsFile, _ heap: StringHeap?) throws -> [FilePart] {
        let parts = try file.parts(of: rows, in: dataSet, kept)
        guard let heap, let references = file.places.first(where: { $0.column == .objectID }) else { return parts }
        let place = references.place + rows.galaxies.lowerBound * references.column.width(in: dataSet)
        let strings = heap.bytes(of: rows.galaxies, rows.found.identifiers.strings[rows.places])
        return parts + [
            FilePart(file: 0, place: place, bytes: strings.references),
            FilePart(file: 0, place: strings.place, bytes: strings.heap),
        ]
    }

    /// Requires that what all ranks have written has come to this host.
    private func requireSize(_ bytes: Int, of path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw systemFailure("\(path): cannot be looked at") }
        guard Int(status.st_size) == bytes else {
            throw JobError(
                .inputOutput,
                "\(path): has \(status.st_size) bytes instead of \(bytes): what other ranks wrote has not come to the host of rank 0; go on with --resume --write collect"
            )
        }
    }

    /// Bytes that the results of a data set take on disk, rather too many than too few; how long strings are is
    /// guessed.
    ///
    /// - Parameters:
    ///   - isTable: Whether they are also written as text.
    ///   - hasRankFiles: Whether the entry of each rank is also a file of its own.
    static func byteCount(
        of dataSet: DataSet, ranks: Int, hasViews: Bool, isTable: Bool, hasRankFiles: Bool
    ) -> Int {
        let numbers = hasViews ? 6 : 4
        let stored: Int =
            switch dataSet.identifiers {
            case .none: 0
            case .integers, .unsignedIntegers: 8
            case .strings: dataSet.stringForm?.length ?? 64
            }
        let carried = dataSet.kept.reduce(0) { $0 + $1.width }
        let names = 3 * dataSet.partitions.nameBytes + 256 * dataSet.partitions.count
        var bytes = dataSet.rows * (4 * numbers + 4 + 8 + stored + carried) + names + (256 << 10)
        bytes += ranks * (hasRankFiles ? 4096 + 2048 : 2048)
        return isTable ? bytes + tableBytes(of: dataSet, hasViews: hasViews) : bytes
    }

    /// Bytes of `predictions.csv`, rather too many than too few.
    static func tableBytes(of dataSet: DataSet, hasViews: Bool) -> Int {
        let length = dataSet.stringForm?.length
        let written: Int =
            switch dataSet.identifiers {
            case .none: 0
            case .integers, .unsignedIntegers: 21
            case .strings: length.map { $0 + 1 } ?? 40
            }
        let carried = dataSet.kept.reduce(0) { $0 + max($1.width, 24) + 1 }
        let partitions = dataSet.partitions
        return partitions.indices.reduce(dataSet.rows * (10 + written + carried + 13 * (hasViews ? 6 : 4))) {
            $0 + partitions.galaxies(of: $1).count * partitions.name(of: $1).count
        }
    }
}
