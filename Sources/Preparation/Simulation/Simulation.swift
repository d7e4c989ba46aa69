import Collectives
import MockSurvey
import PhotozMachine
import Survey

/// What to simulate.
package struct SimulationOptions: Sendable {
    /// Galaxies in all.
    package var galaxies: Int
    /// Partition files that they are dealt to.
    package var partitions: Int
    /// Another one makes another survey.
    package var seed: UInt64
    /// Receives `1.h5` to the last partition.
    package var output: String
    /// A catalogue that redshifts and magnitudes are taken from.
    package var catalog: String?
    /// The level of gzip compression, 1 to 9.
    package var compression: Int?

    /// - Parameters: As the properties.
    package init(
        galaxies: Int, partitions: Int, seed: UInt64, output: String, catalog: String? = nil, compression: Int? = nil
    ) {
        self.galaxies = galaxies
        self.partitions = partitions
        self.seed = seed
        self.output = output
        self.catalog = catalog
        self.compression = compression
    }
}

/// Makes a mock survey, each rank its share of the partitions.
package struct Simulation {
    private let options: SimulationOptions
    private let world: Communicator

    /// - Parameters:
    ///   - options: What to make; the same on every rank.
    ///   - world: All ranks.
    package init(_ options: SimulationOptions, world: Communicator) {
        self.options = options
        self.world = world
    }

    /// Makes the survey; every rank calls it.
    ///
    /// - Returns: On rank 0 a line for people.
    /// - Throws: Whatever stops this rank; a partition stands under its final name only when it is whole.
    package func run() throws -> String? {
        let start = ContinuousClock.now
        let (catalog, hash) = try shareCatalog()
        let folder = world.rank == 0 ? try OutputFolder(options.output) : nil
        defer { folder?.release() }
        // Compressed images take less, nobody knows how much.
        let each = options.compression == nil ? MockPartitionWriter.bytesPerGalaxy : 0
        try folder?.requireSpace(bytes: options.galaxies * each)
        try world.barrier()
        let survey = MockSurvey(seed: options.seed, catalog: catalog)
        for partition in stride(from: world.rank, to: options.partitions, by: world.size) {
            try write(partition, of: survey, catalogHash: hash)
        }
        try world.barrier()
        guard world.rank == 0 else { return nil }
        try synchronise(options.output)
        let seconds = (ContinuousClock.now - start).seconds
        return
            "\(options.galaxies) galaxies in \(options.partitions) partition\(options.partitions == 1 ? "" : "s"), "
            + "\(Int(Double(options.galaxies) / max(seconds, 1e-3))) a second: \(options.output)"
    }

    /// The catalogue and its SHA-256, which rank 0 alone reads; nothing without a catalogue.
    private func shareCatalog() throws -> (Catalog?, String?) {
        guard let path = options.catalog else { return (nil, nil) }
        let isReader = world.rank == 0
        let rows = try world.broadcast(isReader ? Catalog(path: path).rows : nil, root: 0)
        let hash = try world.broadcastValue(isReader ? fileHash(path) : nil)
        return (Catalog(rows: rows), hash)
    }

    private func write(_ partition: Int, of survey: MockSurvey, catalogHash: String?) throws {
        let galaxies = Sharding.part(partition, of: options.partitions, count: options.galaxies)
        try writeWhole(options.output + "/\(partition + 1).h5") { path in
            let writer = try MockPartitionWriter(
                path, count: galaxies.count, compression: options.compression,
                provenance: MockPartitionWriter.Provenance(
                    seed: options.seed, surveySize: options.galaxies, first: galaxies.lowerBound,
                    catalogHash: catalogHash))
            try writer.write(galaxies, of: survey)
        }
    }
}
