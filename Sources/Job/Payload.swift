import FoundationEssentials
import Glibc
import Survey

/// The plan of a run as the serverless system keeps it, `payload.json`: which rank reads which files, and how.
public struct Payload: Codable, Sendable {
    /// Files of a rank: none, one, or several, written as null, a string or a list.
    struct Files: Codable {
        let names: [String]

        init(_ names: [String]) { self.names = names }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                names = []
            } else if let name = try? value.decode(String.self) {
                names = [name]
            } else {
                names = try value.decode([String].self)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch names.count {
            case 0: try value.encodeNil()
            case 1: try value.encode(names[0])
            default: try value.encode(names)
            }
        }
    }

    /// A number, which may be written as a string.
    private struct Number: Decodable {
        let value: Int

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                value = number
                return
            }
            let text = try container.decode(String.self)
            guard let number = Int(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is no number")
            }
            value = number
        }
    }

    let fileLimit: Int
    let batchSize: Int
    let worldSize: Int
    let resultPath: String
    /// The folder of the files, relative to the payload.
    let dataPrefix: String
    /// By rank.
    let files: [[String]]

    private enum Key: String, CodingKey, CaseIterable {
        case fileLimit = "file_limit"
        case batchSize = "batch_size"
        case worldSize = "world_size"
        case resultPath = "result_path"
        case dataPrefix = "data_prefix"
        case dataMap = "data_map"
        // What only the cloud needs.
        case bucket
        case objectType = "object_type"
        case objectName = "S3_object_name"
        case script
        case dataBucket = "data_bucket"

        static let cloud: [Key] = [.bucket, .objectType, .objectName, .script, .dataBucket]
    }

    /// What ``encode(to:)`` wrote: a plan of the serverless system names its buckets.
    static let ownFile = OwnFile.json(
        "a plan of photoz plan", keys: Key.allCases.map(\.rawValue),
        texts: Dictionary(uniqueKeysWithValues: Key.cloud.map { ($0.rawValue, "") }))

    /// Deals files to ranks in contiguous runs: rank k takes ceil(files left / ranks left) of the files that are left.
    init(names: [String], worldSize: Int, batchSize: Int, resultPath: String, dataPrefix: String) {
        fileLimit = names.count
        self.batchSize = batchSize
        self.worldSize = worldSize
        self.resultPath = resultPath
        self.dataPrefix = dataPrefix
        files = (0..<worldSize).map { Array(names[Sharding.files(of: $0, worldSize: worldSize, count: names.count)]) }
    }

    /// Reads what ``encode(to:)`` or the serverless system wrote.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let map = try values.decode([String: Files].self, forKey: .dataMap)
        let total = map.values.reduce(0) { $0 + $1.names.count }
        fileLimit = try values.decodeIfPresent(Number.self, forKey: .fileLimit)?.value ?? total
        worldSize = try values.decodeIfPresent(Number.self, forKey: .worldSize)?.value ?? fileLimit
        batchSize = try values.decodeIfPresent(Number.self, forKey: .batchSize)?.value ?? 512
        resultPath = try values.decode(String.self, forKey: .resultPath)
        dataPrefix = try values.decodeIfPresent(String.self, forKey: .dataPrefix) ?? ""
        func corrupt(_ reason: String) -> DecodingError {
            DecodingError.dataCorruptedError(forKey: .dataMap, in: values, debugDescription: reason)
        }
        guard worldSize > 0, batchSize > 0, fileLimit > 0 else {
            throw corrupt("world_size, batch_size and file_limit must be at least 1")
        }
        guard map.count == worldSize else {
            throw corrupt("data_map has \(map.count) ranks and world_size is \(worldSize)")
        }
        var left = fileLimit
        files = try (0..<worldSize).map { rank in
            guard let names = map["\(rank)"]?.names else { throw corrupt("data_map has no rank \(rank)") }
            let taken = names.prefix(left)
            left -= taken.count
            return Array(taken)
        }
    }

    /// Writes all keys of the serverless system; those of the cloud are empty.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(fileLimit, forKey: .fileLimit)
        try values.encode(batchSize, forKey: .batchSize)
        try values.encode(worldSize, forKey: .worldSize)
        try values.encode(resultPath, forKey: .resultPath)
        try values.encode(dataPrefix, forKey: .dataPrefix)
        let map = files.enumerated().map { ("\($0)", Files($1)) }
        try values.encode(Dictionary(uniqueKeysWithValues: map), forKey: .dataMap)
        for key in Key.cloud { try values.encode("", forKey: key) }
    }

    /// - Throws: ``JobError`` with code 66 when the file cannot be read, 65 when it is no payload.
    static func read(_ path: String) throws -> Payload {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw JobError(.inputMissing, "\(path): cannot be read; make it with: photoz plan")
        }
        do { return try JSONDecoder().decode(Payload.self, from: data) } catch {
            throw JobError(.badData, "\(path): is no plan of a run: \(words(error)); make it anew with: photoz plan")
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
        case DecodingError.dataCorrupted(let context): context.debugDescription
        case DecodingError.typeMismatch(_, let context):
            "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" is of another type"
        default: "\(error)"
        }
    }
}

/// Where a plan's paths lead.
struct PlannedFiles: Codable {
    /// The folder of the partitions.
    let folder: String
    /// Names in it, by rank; `1.pt` has become `1.h5`.
    let names: [[String]]
    let output: String

    /// - Throws: ``JobError`` with code 66 for a file that is not there, 65 for one that stands in the plan twice.
    init(_ payload: Payload, at path: String) throws {
        let base = URL(filePath: path).deletingLastPathComponent().path
        folder = Self.join(base, payload.dataPrefix)
        output = Self.join(base, payload.resultPath)
        let folder = folder
        names = try payload.files.map { try $0.map { try Self.found($0, in: folder, plan: path) } }
        var seen: Set<String> = []
        for name in names.joined() where !seen.insert(name).inserted {
            throw JobError(.badData, "\(path): \(name) stands in data_map twice; its galaxies would count twice")
        }
    }

    static func join(_ base: String, _ path: String) -> String {
        if path.isEmpty { return base.isEmpty ? "." : base }
        return path.hasPrefix("/") || base.isEmpty || base == "." ? path : base + "/" + path
    }

    private static func found(_ name: String, in folder: String, plan: String) throws -> String {
        let stem = [".pt", ".pth"].first { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
        // The serverless system has names with and without the prefix.
        let short = String(name.split(separator: "/").last ?? "")
        let candidates = [
            stem.map { $0 + ".h5" } ?? name, stem == nil ? short : short.split(separator: ".")[0] + ".h5",
        ]
        guard let found = candidates.first(where: { access(folder + "/" + $0, R_OK) == 0 }) else {
            let advice = stem == nil ? "check data_prefix" : "make partitions of them with: photoz import"
            throw JobError(.inputMissing, "\(folder)/\(candidates[0]): cannot be read, and \(plan) names it; \(advice)")
        }
        return found
    }
}
