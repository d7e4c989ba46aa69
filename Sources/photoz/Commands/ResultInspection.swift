import HDF5
import PhotozJob
import PhotozMachine
import PhotozRecords
import PhotozText

/// What `photoz inspect` says of files that this program wrote, other than partitions and weights.
enum ResultInspection {
    /// `predictions.h5`.
    ///
    /// - Throws: ``JobError`` with code 65 for columns that do not go together, `HDF5Error`.
    static func describePredictions(_ file: File) throws -> String {
        let predicted = try file.dataset("redshift_predicted")
        let rows = predicted.rows
        let members = try file.members().map(\.name)
        for name in members {
            guard let column = try? file.dataset(name) else { continue }
            guard column.shape.first == rows else {
                throw JobError(
                    .badData,
                    "\(file.path): \(name) has shape \(column.shape), and redshift_predicted \(predicted.shape); run again"
                )
            }
        }
        let partitions = (try? file.attributeStrings("partitions"))?.count
        var (found, known, strays) = (0, 0, 0)
        let step = 1 << 16
        for first in stride(from: 0, to: rows, by: step) {
            let part = first..<min(first + step, rows)
            found += try floats(predicted, part).count(where: \.isFinite)
            if members.contains("redshift") {
                known += try floats(file.dataset("redshift"), part).count(where: \.isFinite)
            }
            guard let partitions, members.contains("partition") else { continue }
            let places = try [Int](unsafeUninitializedCapacity: part.count) { buffer, count in
                try file.dataset("partition").read(
                    rows: part, into: UnsafeMutableBufferPointer(rebasing: buffer[..<part.count]))
                count = part.count
            }
            strays += places.count { !(0..<partitions).contains($0) }
        }
        guard strays == 0 else {
            throw JobError(
                .badData,
                "\(file.path): partition: \(strays) galaxies are of no partition that the attribute partitions names; run again"
            )
        }
        return """
            \(file.path): predictions of photoz run
              galaxies: \(rows)\(partitions.map { ", partitions: \($0)" } ?? "")
              with a redshift: \(found)\(found < rows ? "; without one (missing, skipped or not finite): \(rows - found)" : "")
              with a spectroscopic redshift: \(known)
              columns: \(members.joined(separator: ", "))
            """
    }

    private static func floats(_ column: Dataset, _ rows: Range<Int>) throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: rows.count) { buffer, count in
            try column.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<rows.count]))
            count = rows.count
        }
    }

    /// `Results.json`, `combined_data.json`, the file of a rank, or a plan.
    ///
    /// - Throws: ``JobError`` with code 65 or 66 for what is none of these, `RecordError`.
    static func describeJSON(_ path: String) throws -> String {
        guard let root = try JSONNode.read(path) else { throw JobError(.inputMissing, "\(path): is not there") }
        if case .list(let items) = root.value {
            for node in try root.list() { _ = try rank(node) }
            return "\(path): what the ranks of a run did (combined_data.json), ranks: \(items.count)"
        }
        if let schema = try root.known("schema") {
            let name = try schema.text()
            guard name == "photoz.results/1" else {
                throw schema.fault("is \"\(name)\", which this version does not know")
            }
            return try results(root, path)
        }
        if try root.optional("data_map") != nil {
            let plan = try Payload(root)
            let unknown = plan.unknownKeys.map {
                "\n  unknown key: \($0.key.debugDescription)" + ($0.nearest.map { ", perhaps \($0)" } ?? "")
            }
            return """
                \(path): a plan
                  partitions: \(plan.files.reduce(0) { $0 + $1.count }), ranks: \(plan.worldSize), batch size: \(plan.batchSize)
                  results: \(plan.resultPath)
                """ + unknown.joined()
        }
        if try root.optional("total_cpu_time (seconds)") != nil {
            return "\(path): the entry of a rank, CPU time \(try rank(root)) s"
        }
        throw JobError(
            .badData, "\(path): is JSON, but neither results (schema), nor entries of ranks, nor a plan (data_map)")
    }

    private static func rank(_ node: JSONNode) throws -> Double {
        for key in ["total_cpu_memory (MB)", "throughput_bps"] { _ = try node.entry(key).number() }
        return try node.entry("total_cpu_time (seconds)").number()
    }

    private static func results(_ root: JSONNode, _ path: String) throws -> String {
        let origin = try root.entry("provenance")
        let description = try origin.known("weights_description")?.text()
        let limits = try origin.known("weights_demonstration")?.text()
        let label = [description, limits.map(demonstrationNotice)].compactMap(\.self).map { "\n    \($0)" }.joined()
        let metrics = try root.known("metrics")?.known("sigma_mad")?.number()
        return """
            \(path): results of photoz run
              galaxies: \(try root.entry("num_samples").whole()), partitions: \(try root.entry("num_partitions").whole()), \
            ranks: \(try root.entry("world_size").whole()), precision: \(try root.entry("precision").text())
              sigma_mad: \(metrics.map { "\($0)" } ?? "none")
              weights: \(try origin.entry("weights").text()), SHA-256 \(try origin.entry("weights_sha256").text())\(label)
              photoz \(try origin.entry("version").text()), from \(try origin.entry("start_utc").text()) to \
            \(try origin.entry("end_utc").text())
            """
    }
}
