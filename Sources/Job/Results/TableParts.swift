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
    /// Where each block of lines begins.
    private let places: [Int]
    /// The lines of the first blocks; those of others are made once more when they are written, so that memory does not grow.
    private let kept: [[UInt8]]

    /// Bytes of lines that are kept.
    private static let keptBytes = 32 << 20

    /// Finds out how long all lines are, and makes the file so long. Every rank calls it.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - dataSet: The survey.
    ///   - hasViews: Whether there are uncertainties.
    ///   - rows: This rank's galaxies.
    ///   - owners: Of the galaxies.
    ///   - world: All ranks.
    /// - Throws: A communication error, or on rank 0 ``JobError`` with code 74.
    init(
        _ path: String, _ dataSet: DataSet, hasViews: Bool, _ rows: [PredictionRows], _ owners: GalaxyOwners,
        on world: Communicator
    ) throws {
        self.path = path
        table = PredictionsTable(dataSet, hasViews: hasViews)
        var (lengths, kept, bytes) = ([Int](), [[UInt8]](), 0)
        for block in rows {
            let lines = table.lines(of: block)
            lengths.append(lines.count)
            bytes += lines.count
            if bytes <= Self.keptBytes { kept.append(lines) }
        }
        self.kept = kept
        let head = table.head
        let (places, total) = try owners.places(of: rows.map(\.galaxies), lengths: lengths)
        self.places = places.map { $0 + head.count }
        byteCount = head.count + total
        if world.rank == 0 { try Self.create(path, head, byteCount) }
    }

    /// What a block of rows is in the file.
    func part(_ step: Int, _ rows: PredictionRows) -> FilePart {
        FilePart(file: 1, place: places[step], bytes: step < kept.count ? kept[step] : table.lines(of: rows))
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
