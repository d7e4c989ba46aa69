import FoundationEssentials
import PhotozMachine

/// Where and how a table was measured: without this, nobody who gets it can use it.
package struct BenchMachine: Encodable, Sendable {
    private let processor: String
    private let cores: Int
    private let usableCores: Int
    private let threads: Int
    private let batchSize: Int
    private let date: String
    private let version: String

    private enum CodingKeys: String, CodingKey {
        case processor, cores, threads, date, version
        case usableCores = "usable_cores"
        case batchSize = "batch_size"
    }

    /// This machine, today.
    ///
    /// - Parameters:
    ///   - version: The program's.
    ///   - threads: Of the engine.
    ///   - batchSize: Galaxies that are predicted together.
    package init(version: String, threads: Int, batchSize: Int) {
        processor = Host.processorTitle
        cores = Host.processorCount
        usableCores = Host.cores()
        self.threads = threads
        self.batchSize = batchSize
        date = String(timestamp(Date()).prefix { $0 != "T" })
        self.version = version
    }

    /// Two lines above a table.
    package var text: String {
        let bound = usableCores < cores ? " (\(usableCores) for this process)" : ""
        return """
            \(processor), \(cores) \(cores == 1 ? "core" : "cores")\(bound), \
            \(threads) \(threads == 1 ? "thread" : "threads"), batches of \(batchSize)
            photoz \(version), \(date)
            """
    }
}
