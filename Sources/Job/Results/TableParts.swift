import Collectives
import Glibc
import HDF5
import PhotozMachine
import Survey

/// Where this rank's lines of `predictions.csv` go: behind those of all galaxies before them, whoever has these.
struct TableParts {
    let path: String
    /// Bytes of the whole file.
    let byteCount: Int
    private let table: PredictionsTable
    private let layout: PredictionsLayout
    /// Where each block of lines begins.
    private let places: [Int]
    /// The lines of the first blocks; those of others are made once more when they are written, so that memory does not
    /// grow.
    private let kept: [[UInt8]]

    /// Bytes of lines that are kept.
    private static let keptBytes = 32 << 20

    /// Finds out how long all lines are, and makes the file so long. Every rank calls it.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - layout: Of the predictions.
    ///   - rows: This rank's galaxies.
    ///   - owners: Of the galaxies.
    ///   - world: All ranks.
    /// - Throws: A communication error, on rank 0 ``JobError`` with code 74, or on every rank with code 65 when a
    ///   partition has changed.
    init(
        _ path: String, _ layout: PredictionsLayout, _ rows: [PredictionRows], _ owners: GalaxyOwners,
        on world: Communicator
    ) throws {
        let table = PredictionsTable(layout.dataSet, layout.found)
        self.path = path
        self.table = table
        self.layout = layout
        var (lengths, kept, bytes) = ([Int](), [[UInt8]](), 0)
        try world.together {
            for block in rows {
                let lines = try table.lines(of: block, layout)
                lengths.append(lines.count)
                bytes += lines.count
                if bytes <= Self.keptBytes { kept.append(lines) }
            }
        }
        self.kept = kept
        let head = table.head
        let (places, total) = try owners.places(of: rows.map(\.galaxies), lengths: lengths)
        self.places = places.map { $0 + head.count }
        byteCount = head.count + total
        if world.rank == 0 { try Self.create(path, head, byteCount) }
    }

    /// What a block of rows is in the file.
    ///
    /// - Parameters:
    ///   - file: Index of this file among those that are written.
    ///   - step: The block's place among this rank's.
    ///   - rows: The block.
    /// - Throws: ``JobError`` with code 65 when partitions were changed since the lines were made first.
    func part(_ file: Int, _ step: Int, _ rows: PredictionRows) throws -> FilePart {
        let lines = step < kept.count ? kept[step] : try table.lines(of: rows, layout)
        return FilePart(file: file, place: places[step], bytes: lines)
    }

    /// The room that was taken before is kept.
    private static func create(_ path: String, _ head: [UInt8], _ bytes: Int) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw systemFailure("\(path): cannot be created") }
        defer { close(descriptor) }
        try writeAll(head, at: 0, to: descriptor, path)
        // Once to make it so long, and once more to give back what was taken beyond that.
        for _ in 0..<2 {
            guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw systemFailure("\(path): cannot be written") }
        }
        try File.takeRoom(bytes, for: path)
    }
}
