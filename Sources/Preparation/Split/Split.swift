import Collectives
import FoundationEssentials
import HDF5
import PhotozMachine
import PhotozText
import Survey

/// How a data set is dealt to new partitions.
package enum PartitionSize: Sendable {
    /// Partitions of at most so many MB (10^6 bytes), but of one galaxy at least.
    case megabytes(Double)
    /// So many partitions, equal within one galaxy.
    case count(Int)
}

/// What to deal anew.
package struct SplitOptions: Sendable {
    /// One folder of partitions, or partition files.
    package var data: [String]
    /// An empty or new folder, which receives `1.h5` and on.
    package var output: String
    /// The size of the new partitions.
    package var size: PartitionSize
    /// The data set of images, whose rows are the galaxies.
    package var images: String
    /// The level of gzip compression, 1 to 9.
    package var compression: Int?
    /// Columns, or groups of them, that are left out.
    package var without: Set<String> = []
    /// Whether links, sources of virtual data sets and raw files may lead anywhere, not only below the data's folder.
    package var followsLinks = false

    /// - Parameters: As the properties.
    package init(data: [String], output: String, size: PartitionSize, images: String, compression: Int? = nil) {
        self.data = data
        self.output = output
        self.size = size
        self.images = images
        self.compression = compression
    }
}

/// Deals the galaxies of a data set to partitions of another size, in the same order, with all that is known of each: every
/// data set of the files that has a row for each galaxy, in the type in which it is stored. Each rank makes its share of the partitions.
package struct Split {
    private let options: SplitOptions
    private let world: Communicator?

    /// - Parameters:
    ///   - options: What to deal; the same on every rank.
    ///   - world: All ranks; nil without MPI.
    package init(_ options: SplitOptions, world: Communicator? = nil) {
        self.options = options
        self.world = world
    }

    /// What rank 0 found out.
    private struct Layout: Codable {
        let folder: String
        let paths: [String]
        /// The first galaxy of each partition, and behind the last how many there are in all.
        let starts: [Int]
        /// The same of the new partitions.
        let newStarts: [Int]
        let leftOut: [String]

        var partitionCount: Int { newStarts.count - 1 }
    }

    /// Deals the galaxies; every rank calls it.
    ///
    /// - Returns: On rank 0 a line for people.
    /// - Throws: Whatever stops this rank; a partition stands under its final name only when it is whole.
    package func run() throws -> String? {
        let start = ContinuousClock.now
        let (rank, size) = (world?.rank ?? 0, world?.size ?? 1)
        if rank == 0 { try OutputPlace.require(options.output, outside: options.data) }
        let folder = rank == 0 ? try OutputFolder(options.output) : nil
        defer { folder?.release() }
        let planned = try folder.map { try plan($0) }
        guard let layout = try world?.broadcastValue(planned) ?? planned else { return nil }
        for partition in stride(from: rank, to: layout.partitionCount, by: size) {
            try write(partition, of: layout)
        }
        try world?.barrier()
        guard rank == 0 else { return nil }
        try synchronise(options.output)
        let rest =
            layout.leftOut.isEmpty
            ? "" : "; left out, without a row for each galaxy: \(layout.leftOut.joined(separator: ", "))"
        return
            "\(layout.starts[layout.paths.count]) galaxies, \(layout.paths.count) partitions to \(layout.partitionCount) in \(decimal((ContinuousClock.now - start).seconds, 2)) s: \(options.output)\(rest)"
    }

    // MARK: The new partitions

    private func plan(_ folder: OutputFolder) throws -> Layout {
        let (base, names) = try DataSet.list(options.data)
        let paths = names.map { base.isEmpty ? $0 : base + "/" + $0 }
        let choice = choice(base)
        let first = try GalaxyColumns(paths[0], choice)
        let rows = try paths.map { path in
            try File.requireClosed(path)
            let columns = try GalaxyColumns(path, choice)
            try columns.requireSame(as: first)
            return columns.rows
        }
        let total = rows.reduce(0, +)
        try folder.requireSpace(bytes: options.compression == nil ? total * first.bytesPerRow : 0)
        let partitions = try partitions(total, bytesPerRow: first.bytesPerRow)
        return Layout(
            folder: base, paths: paths, starts: PartitionTable.starts(of: rows),
            newStarts: PartitionTable.starts(of: partitions), leftOut: first.leftOut)
    }

    private func choice(_ folder: String) -> GalaxyColumns.Choice {
        GalaxyColumns.Choice(
            images: options.images, without: options.without,
            links: options.followsLinks ? .anywhere : folder.isEmpty ? nil : .within(folder: folder))
    }

    /// What a file takes beside its galaxies: descriptions of its data sets.
    private static let overhead = 32_768

    private func partitions(_ total: Int, bytesPerRow: Int) throws -> [Int] {
        guard total > 0 else {
            throw JobError(.badData, "\(options.data.joined(separator: ", ")): holds no galaxies to deal")
        }
        switch options.size {
        case .megabytes(let megabytes):
            let rows = max(1, (Int(megabytes * 1e6) - Self.overhead) / bytesPerRow)
            let full = [Int](repeating: rows, count: total / rows)
            return total % rows == 0 ? full : full + [total % rows]
        case .count(let count):
            guard count <= total else {
                throw JobError(.wrongUsage, "--partitions \(count): there are \(total) galaxies, fewer than partitions")
            }
            let (share, rest) = total.quotientAndRemainder(dividingBy: count)
            return (0..<count).map { share + ($0 < rest ? 1 : 0) }
        }
    }

    private func write(_ partition: Int, of layout: Layout) throws {
        let galaxies = layout.newStarts[partition]..<layout.newStarts[partition + 1]
        let pieces = Shard(galaxies, starts: layout.starts).pieces
        try writeWhole("\(options.output)/\(partition + 1).h5") { path in
            let file = try File.create(path)
            var written = 0
            var writer: GalaxyColumns.Writer?
            for piece in pieces {
                let columns = try GalaxyColumns(layout.paths[piece.partition], choice(layout.folder))
                let open =
                    try writer ?? columns.writer(to: file, count: galaxies.count, compression: options.compression)
                try open.copy(piece.rows, of: columns, at: written)
                writer = open
                written += piece.rows.count
            }
            try file.close()
        }
    }
}
