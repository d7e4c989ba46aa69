import FoundationEssentials
import PhotozCosts
import PhotozRecords

/// The statistics of a run that the serverless system published, from what its ranks left or from those of
/// `photoz run`.
package struct PublishedStatistics: Sendable, Encodable {
    /// The folder.
    package let result: String
    /// Entries of `combined_data.json`.
    package let ranks: Int
    /// Size of a partition, MB, where `result_path` tells it.
    package let partition: Int?
    /// Size of the data set, GB, where `result_path` tells it.
    package let data: Double?
    /// The run's number, where `result_path` tells it.
    package let run: Int?
    /// Mean over the ranks within 1.5 interquartile ranges of the quartiles, seconds.
    package let processorTime: Double
    /// Sum over the ranks, MB.
    package let memory: Double
    /// Sum over the ranks, bits a second.
    package let throughput: Double
    /// Sum over the ranks of throughput times time, bits.
    package let bits: Double
    /// What the run costs, by its wall time where `Results.json` tells it, or else by the time of each rank.
    package let cost: RunCost

    /// The names that results have.
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case result, ranks, cost
        case partition = "partition (MB)"
        case data = "data (GB)"
        case run
        case processorTime = "total_cpu_time (seconds)"
        case memory = "total_cpu_memory (MB)"
        case throughput = "throughput_bps"
        case bits = "total_bits"
    }

    /// One rank's entry, as far as statistics need it.
    private struct Rank {
        let time: Double
        let memory: Double
        let throughput: Double
        let resultPath: String?
        /// Nil from the serverless system.
        let threads: Int?

        init(_ node: JSONNode) throws(RecordError) {
            time = try node.entry("total_cpu_time (seconds)").number()
            memory = try node.entry("total_cpu_memory (MB)").number()
            throughput = try node.entry("throughput_bps").number()
            resultPath = try node.known("result_path")?.text()
            threads = try node.known("threads")?.whole(in: 1...Int.max)
        }
    }

    /// What `Results.json` tells of the whole run.
    private struct Job {
        let wallTime: Double
        let threads: Int
        let ranks: Int

        init(_ node: JSONNode) throws(RecordError) {
            wallTime = try node.entry("wall_time (seconds)").entry("total").number()
            threads = try node.entry("provenance").entry("threads").whole(in: 1...Int.max)
            ranks = try node.entry("world_size").whole(in: 1...Int.max)
        }
    }

    private static let advice = "this is not what a run writes: copy it again, or run again"

    /// Reads the results of a run.
    ///
    /// - Parameters:
    ///   - folder: Holds `combined_data.json`, or the files of single ranks, `0.json` and on.
    ///   - prices: What things cost.
    /// - Throws: ``ReportError`` when there are none, or they are damaged.
    package init(folder: String, prices: Prices) throws(ReportError) {
        let ranks = try Self.ranks(of: folder)
        let job = try ResultFile.readIfThere("\(folder)/Results.json", advice: Self.advice, Job.init)
        if let job, job.ranks != ranks.count {
            throw ReportError(
                .damaged,
                "\(folder): holds the entries of \(ranks.count) ranks, and Results.json tells of \(job.ranks): copy what is missing, or run again"
            )
        }
        result = folder
        self.ranks = ranks.count
        let path = ResultPath(ranks[0].resultPath ?? "")
        (partition, data, run) = (path.partition, path.data, path.run)
        processorTime = Self.meanWithoutOutliers(ranks.map(\.time))
        memory = ranks.reduce(0) { $0 + $1.memory }
        throughput = ranks.reduce(0) { $0 + $1.throughput }
        bits = ranks.reduce(0) { $0 + $1.throughput * $1.time }
        cost = RunCost(
            ranks: ranks.map { (job?.wallTime ?? $0.time, $0.memory, $0.threads ?? job?.threads ?? 1) },
            prices: prices)
    }

    /// The entries of all ranks: sums over some of them would look like those of a smaller run.
    private static func ranks(of folder: String) throws(ReportError) -> [Rank] {
        let numbers = try rankFiles(in: folder)
        let combined = folder + "/combined_data.json"
        let entries = try ResultFile.readIfThere(combined, advice: advice) { root throws(RecordError) in
            try root.list().enumerated().map { number, node throws(RecordError) in
                try Rank(node.named("the entry of rank \(number)"))
            }
        }
        if let entries {
            guard !entries.isEmpty else { throw ReportError(.damaged, "\(combined): has no ranks; run again") }
            guard let last = numbers.last, last >= entries.count else { return entries }
            throw ReportError(
                .damaged,
                "\(combined): has the entries of \(entries.count) ranks, and \(last).json is beside it: ranks are missing; combine all of them, or run again"
            )
        }
        guard let last = numbers.last else {
            throw ReportError(
                .missing, "\(folder): holds neither combined_data.json nor 0.json; give the folder of a run's results")
        }
        if let (place, _) = numbers.enumerated().first(where: { $0 != $1 }) {
            throw ReportError(
                .missing,
                "\(folder)/\(place).json: is not there, and \(last).json is: a rank is missing; copy its file here, or run again"
            )
        }
        return try numbers.map { number throws(ReportError) in
            try ResultFile.read("\(folder)/\(number).json", advice: advice, Rank.init)
        }
    }

    /// The ranks whose own files are in a folder, in order.
    private static func rankFiles(in folder: String) throws(ReportError) -> [Int] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw ReportError(.missing, "\(folder): cannot be listed; give the folder of a run's results")
        }
        return names.compactMap { name in
            guard name.hasSuffix(".json"), let number = Int(name.dropLast(5)), name == "\(number).json" else {
                return nil
            }
            return number < 0 ? nil : number
        }.sorted()
    }

    /// The mean of what lies within [q1 - 1.5 IQR, q3 + 1.5 IQR], quartiles interpolated.
    static func meanWithoutOutliers(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        func quartile(_ share: Double) -> Double {
            let place = share * Double(sorted.count - 1)
            let below = sorted[Int(place)]
            let above = sorted[min(Int(place) + 1, sorted.count - 1)]
            return below + (above - below) * (place - place.rounded(.down))
        }
        let (first, third) = (quartile(0.25), quartile(0.75))
        let reach = 1.5 * (third - first)
        let kept = values.filter { $0 >= first - reach && $0 <= third + reach }
        return kept.reduce(0, +) / Double(kept.count)
    }
}

/// What a result path such as `result-partition-25MB/1GB/3` says.
private struct ResultPath {
    private(set) var partition: Int?
    private(set) var data: Double?
    private(set) var run: Int?

    init(_ path: String) {
        let parts = path.split(separator: "/")
        guard let first = parts.firstIndex(where: { $0.contains("partition-") && $0.hasSuffix("MB") }) else { return }
        partition = Int(parts[first].dropLast(2).split(separator: "-").last ?? "")
        // The last one counts: a total may follow the data of a function.
        data =
            parts[first...].compactMap { part in
                part.hasSuffix("TB")
                    ? Double(part.dropLast(2)).map { $0 * 1024 } : part.hasSuffix("GB") ? Double(part.dropLast(2)) : nil
            }.last
        run = parts.last.flatMap { Int($0) }
    }
}
