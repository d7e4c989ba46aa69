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

/// Deals the galaxies of a data set to partitions of another size, in the same order, with all that is known of each:
/// every data set of the files that has a row for each galaxy, in the type in which it is stored. Each rank makes its
/// share of the partitions.
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

    /// What all ranks know.
    private struct Layout {
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
        let layout = try plan(folder)
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

    /// Rank 0 lists the partitions, and each rank opens its part of them.
    private func plan(_ folder: OutputFolder?) throws -> Layout {
        let (base, paths) = try list()
        let choice = choice(base)
        let part = Sharding.part(world?.rank ?? 0, of: world?.size ?? 1, count: paths.count)
        let (first, mine) = try open(paths, part, choice)
        // Refused before any rank begins to write.
        let planned = try (world == nil ? [mine] : world?.gatherVarying(mine, root: 0)).map { parts in
            let rows = parts.flatMap(\.self)
            let total = rows.reduce(0, +)
            try folder?.requireSpace(bytes: options.compression == nil ? total * first.bytesPerRow : 0)
            _ = try partitions(total, bytesPerRow: first.bytesPerRow)
            return rows
        }
        let rows = try world?.broadcast(planned, root: 0) ?? mine
        return Layout(
            folder: base, paths: paths, starts: PartitionTable.starts(of: rows),
            newStarts: PartitionTable.starts(of: try partitions(rows.reduce(0, +), bytesPerRow: first.bytesPerRow)),
            leftOut: first.leftOut)
    }

    /// The folder, and the paths of the partitions.
    private func list() throws -> (folder: String, paths: [String]) {
        let listed = world?.rank ?? 0 == 0 ? try DataSet.list(options.data) : nil
        let bytes = listed.map { NameList.bytes(of: [$0.folder] + $0.names) }
        let names = NameList.names(in: try world?.broadcast(bytes, root: 0) ?? bytes ?? [])
        return (names[0], names.dropFirst().map { names[0].isEmpty ? $0 : names[0] + "/" + $0 })
    }

    /// The first partition, and how many galaxies those of a part have.
    private func open(
        _ paths: [String], _ part: Range<Int>, _ choice: GalaxyColumns.Choice
    ) throws -> (first: GalaxyColumns, rows: [Int]) {
        var (first, rows, place): (GalaxyColumns?, [Int], Int) = (nil, [], 0)
        var failure: (order: Int, error: any Error)?
        do {
            try File.requireClosed(paths[0])
            let columns = try GalaxyColumns(paths[0], choice)
            first = columns
            for index in part {
                place = index
                try File.requireClosed(paths[index])
                let others = try GalaxyColumns(paths[index], choice)
                try others.requireSame(as: columns)
                rows.append(others.rows)
            }
        } catch { failure = (place, error) }
        if let world { try world.throwFirst(failure) } else if let failure { throw failure.error }
        guard let first else { preconditionFailure("neither a first partition nor a failure") }
        return (first, rows)
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
