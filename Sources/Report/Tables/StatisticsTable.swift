import FoundationEssentials

/// Published statistics of several runs, as text, CSV and JSON.
package struct StatisticsTable {
    private let rows: [PublishedStatistics]

    /// - Parameter rows: The runs, in the order of their rows.
    package init(_ rows: [PublishedStatistics]) { self.rows = rows }

    /// A table for people.
    package var text: String {
        TextTable(
            [
                "partition", "data", "run", "ranks", "CPU time (s)", "memory (MB)", "throughput (bit/s)", "bits",
                "Lambda (USD)", "core-hours", "cluster (USD)", "result",
            ],
            rows.map { row in
                [
                    row.partition.map { "\($0) MB" } ?? "-", row.data.map { decimal($0, 1) + " GB" } ?? "-",
                    row.run.map { "\($0)" } ?? "-", "\(row.ranks)", decimal(row.processorTime, 2),
                    decimal(row.memory, 2), decimal(row.throughput, 2), decimal(row.bits, 2),
                    decimal(row.cost.lambda, 6), decimal(row.cost.coreHours, 4),
                    row.cost.cluster.map { decimal($0, 4) } ?? "-", row.result,
                ]
            }
        ).text
    }

    /// How every table begins as CSV: by this it is known.
    package static let csvMark = "partition (MB),data (GB),run,total_cpu_time (seconds)"
    /// Keys that the objects of its JSON have, and no other file has together.
    package static let jsonMark = ["ranks", "result", "cost", "total_bits"]

    /// The published columns, with two decimals, and the folder.
    package var csv: String {
        TextTable(
            [
                "partition (MB)", "data (GB)", "run", "total_cpu_time (seconds)", "total_cpu_memory (MB)",
                "throughput_bps", "total_bits", "result",
            ],
            rows.map { row in
                [
                    row.partition.map { "\($0)" } ?? "", row.data.map { decimal($0, 1) } ?? "",
                    row.run.map { "\($0)" } ?? "", decimal(row.processorTime, 2), decimal(row.memory, 2),
                    decimal(row.throughput, 2), decimal(row.bits, 2), row.result,
                ]
            }
        ).csv
    }

    /// An array of objects.
    ///
    /// - Throws: ``ReportError`` when a statistic is not finite.
    package func json() throws(ReportError) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do { return try encoder.encode(rows) + Data("\n".utf8) } catch {
            throw ReportError(.damaged, "a statistic is not a finite number; look at the times in combined_data.json")
        }
    }

    /// Writes a table to a file, whole or not at all.
    ///
    /// - Throws: ``ReportError`` of kind `unwritable`.
    package static func write(_ data: Data, to path: String) throws(ReportError) {
        do { try data.write(to: URL(filePath: path), options: .atomic) } catch {
            throw ReportError(unwritable: path, error)
        }
    }
}
