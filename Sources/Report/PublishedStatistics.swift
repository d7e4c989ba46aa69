import Costs
import FoundationEssentials

/// The statistics of a run that the serverless system published, from what its ranks left or from those of `photoz run`.
public struct PublishedStatistics: Sendable, Encodable {
    /// The folder.
    public let result: String
    /// Entries of `combined_data.json`.
    public let ranks: Int
    /// Size of a partition, MB, where `result_path` tells it.
    public let partition: Int?
    /// Size of the data set, GB, where `result_path` tells it.
    public let data: Double?
    /// The run's number, where `result_path` tells it.
    public let run: Int?
    /// Mean over the ranks within 1.5 interquartile ranges of the quartiles, seconds.
    public let processorTime: Double
    /// Sum over the ranks, MB.
    public let memory: Double
    /// Sum over the ranks, bits a second.
    public let throughput: Double
    /// Sum over the ranks of throughput times time, bits.
    public let bits: Double
    /// What the run costs, by its wall time where `Results.json` tells it, or else by the time of each rank.
    public let cost: RunCost

    /// The names that results have.
    public enum CodingKeys: String, CodingKey, CaseIterable {
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
    private struct Rank: Decodable {
        let time: Double
        let memory: Double
        let throughput: Double
        let resultPath: String?

        enum CodingKeys: String, CodingKey {
            case time = "total_cpu_time (seconds)"
            case memory = "total_cpu_memory (MB)"
            case throughput = "throughput_bps"
            case resultPath = "result_path"
        }
    }

    /// What `Results.json` tells of the whole run.
    private struct Job: Decodable {
        struct WallTime: Decodable { let total: Double }
        struct Provenance: Decodable { let threads: Int }
        let wallTime: WallTime
        let provenance: Provenance

        enum CodingKeys: String, CodingKey {
            case wallTime = "wall_time (seconds)"
            case provenance
        }
    }

    /// Reads the results of a run.
    ///
    /// - Parameters:
    ///   - folder: Holds `combined_data.json`, or the files of single ranks, `0.json` and on.
    ///   - prices: What things cost.
    /// - Throws: ``ReportError`` when there are none, or they are damaged.
    public init(folder: String, prices: Prices) throws(ReportError) {
        let ranks = try Self.ranks(of: folder)
        guard !ranks.isEmpty else {
            throw ReportError(.damaged, "\(folder)/combined_data.json: has no ranks; run again")
        }
        result = folder
        self.ranks = ranks.count
        let path = ResultPath(ranks[0].resultPath ?? "")
        (partition, data, run) = (path.partition, path.data, path.run)
        processorTime = Self.meanWithoutOutliers(ranks.map(\.time))
        memory = ranks.reduce(0) { $0 + $1.memory }
        throughput = ranks.reduce(0) { $0 + $1.throughput }
        bits = ranks.reduce(0) { $0 + $1.throughput * $1.time }
        let file = folder + "/Results.json"
        let job: Job? = try FileManager.default.contents(atPath: file).map { data throws(ReportError) in
            try Self.decode(data, of: file)
        }
        cost = RunCost(
            ranks: ranks.map { (job?.wallTime.total ?? $0.time, $0.memory) },
            coresPerRank: job?.provenance.threads ?? 1, prices: prices)
    }

    private static func ranks(of folder: String) throws(ReportError) -> [Rank] {
        let combined = folder + "/combined_data.json"
        if let data = FileManager.default.contents(atPath: combined) { return try decode(data, of: combined) }
        var ranks: [Rank] = []
        while let data = FileManager.default.contents(atPath: "\(folder)/\(ranks.count).json") {
            let one: Rank = try decode(data, of: "\(folder)/\(ranks.count).json")
            ranks.append(one)
        }
        guard !ranks.isEmpty else {
            throw ReportError(
                .missing, "\(folder): holds neither combined_data.json nor 0.json; give the folder of a run's results")
        }
        return ranks
    }

    private static func decode<T: Decodable>(_ data: Data, of path: String) throws(ReportError) -> T {
        do {
            return try JSONDecoder().decode(T.self, from: data)
        } catch DecodingError.keyNotFound(let key, let context) {
            let rank = context.codingPath.first?.intValue.map { " of rank \($0)" } ?? ""
            throw ReportError(.damaged, "\(path): the entry\(rank) has no \"\(key.stringValue)\"; run again")
        } catch {
            throw ReportError(.damaged, "\(path): is not what a run writes (\(error)); copy it again, or run again")
        }
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
        let kept = values.filter { (first - reach...third + reach).contains($0) }
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
