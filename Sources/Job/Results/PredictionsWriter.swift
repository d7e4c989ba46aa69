import Collectives
import Glibc
import HDF5
import PhotozMachine
import Survey

/// Writes `predictions.h5`, `pz.hdf5` and `predictions.csv`: rank 0 creates them, and every rank writes the rows of its
/// galaxies at their places. Nothing is gathered, and memory does not grow with what is written.
package struct PredictionsWriter {
    /// A file of data sets.
    private struct Target {
        let path: String
        let layout: any ResultLayout
        /// On rank 0; nil elsewhere.
        let file: ReservedFile?
    }

    /// What is written at once.
    private struct Step {
        /// Index of the file.
        let file: Int
        let rows: PredictionRows
    }

    /// Who writes the rows.
    package let way: WriteWay
    private let world: Communicator
    private let predictions: PredictionsLayout
    private let targets: [Target]
    /// Where the table goes; nil for none.
    private let tablePath: String?

    private var dataSet: DataSet { predictions.dataSet }

    /// Creates the files and takes the room on the disk for what is known of them, which is all but strings of any
    /// length, so that a full disk shows before anything is computed. Every rank calls it.
    ///
    /// - Parameters:
    ///   - content: What is written.
    ///   - paths: Where, under names for what is not whole yet.
    ///   - way: Who writes the rows.
    ///   - world: All ranks.
    /// - Throws: On rank 0 `HDF5Error` or ``JobError`` when they cannot be written.
    package init(_ content: ResultContent, to paths: ResultPaths, way: WriteWay, on world: Communicator) throws {
        self.way = way
        self.world = world
        let (predictions, distributions) = (content.predictions, content.distributions)
        self.predictions = predictions
        let layouts: [(String, any ResultLayout)] =
            [(paths.predictions, predictions)] + (distributions.map { [(paths.distributions, $0)] } ?? [])
        targets = try layouts.map { path, layout in
            Target(
                path: path, layout: layout,
                file: world.rank == 0 ? try ReservedFile(creating: path, layout) : nil)
        }
        tablePath = paths.table
        guard world.rank == 0, let tablePath else { return }
        try writeFile([], tablePath)
        try File.takeRoom(content.tableBytes, for: tablePath)
    }

    /// Writes and stores the rows. Every rank calls it.
    ///
    /// - Parameter found: What this rank knows; together the ranks have each galaxy once.
    /// - Throws: A communication error, or ``JobError``: on every rank with code 70 when a galaxy is missing or there
    ///   twice, and then nothing is written, or with code 74 when something cannot be written.
    package func write(_ found: RankFindings) throws {
        let owners = GalaxyOwners(total: dataSet.rows, on: world)
        let steps = steps(found)
        let rows = steps.filter { $0.file == 0 }.map(\.rows)
        try owners.requireTiling(rows.map(\.galaxies))
        try world.together { try requireSound(found) }
        let heap = try self.heap(found, owners)
        let table = try tablePath.map { try TableParts($0, predictions, rows, owners, on: world) }
        let files = try world.broadcastValue(try create(heap))
        try SharedWriter(way: way, paths: files.map(\.path) + (table.map { [$0.path] } ?? []), world: world).write(
            steps: steps.count
        ) { index in
            let step = steps[index]
            let lines = index < rows.count ? try table?.part(files.count, index, step.rows) : nil
            return try files[step.file].parts(step.file, of: step.rows, targets[step.file].layout, heap)
                + (lines.map { [$0] } ?? [])
        }
        guard world.rank == 0 else { return }
        for file in files { try requireSize(file.byteCount, of: file.path) }
        if let table { try requireSize(table.byteCount, of: table.path) }
    }

    /// What this rank writes, one thing after another: its rows of the predictions first.
    private func steps(_ found: RankFindings) -> [Step] {
        targets.enumerated().flatMap { index, target in
            PredictionRows.blocks(of: found, dataSet, every: target.layout.blockSize).map {
                Step(file: index, rows: $0)
            }
        }
    }

    private func requireSound(_ found: RankFindings) throws {
        let columns = predictions.found
        let counts =
            [found.redshifts.count, found.flags.count] + (columns.contains(.views) ? [found.scatters.count] : [])
            + (columns.contains(.distributions) ? [found.cells.count, found.scales.count] : [])
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

    /// The files as they were created at first, or anew with the heap, whose size was not known then. On rank 0; nil
    /// elsewhere.
    private func create(_ heap: StringHeap?) throws -> [ReservedFile]? {
        let files = targets.compactMap(\.file)
        guard files.count == targets.count else { return nil }
        guard let heap, heap.byteCount > 0 else { return files }
        return try targets.map { try ReservedFile(creating: $0.path, $0.layout, heapBytes: heap.byteCount) }
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
}
