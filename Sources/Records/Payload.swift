import PhotozText

/// The plan of a run as the serverless system keeps it, `payload.json`: which rank reads which files, and how.
package struct Payload: Encodable, Sendable, Equatable {
    /// Files of a rank: none, one, or several, written as null, a string or a list.
    private struct Files: Encodable {
        let names: [String]

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch names.count {
            case 0: try value.encodeNil()
            case 1: try value.encode(names[0])
            default: try value.encode(names)
            }
        }
    }

    /// More ranks than any machine has; the bound keeps a damaged plan from asking for memory.
    private static let mostRanks = 1 << 24

    /// Files of the plan.
    package let fileLimit: Int
    /// Galaxies of a batch.
    package let batchSize: Int
    /// Ranks of the plan.
    package let worldSize: Int
    /// The folder of the results, relative to the payload.
    package let resultPath: String
    /// The folder of the files, relative to the payload.
    package let dataPrefix: String
    /// Names of the files, by rank.
    package let files: [[String]]
    /// A key that means nothing.
    package struct UnknownKey: Sendable, Equatable {
        /// What stands in the file.
        package let key: String
        /// The known key that is perhaps meant.
        package let nearest: String?
    }

    /// Keys that mean nothing, in the order of the alphabet.
    package private(set) var unknownKeys: [UnknownKey] = []

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

    /// All keys that ``encode(to:)`` writes.
    package static var keys: [String] { Key.allCases.map(\.rawValue) }
    /// Those of them that only the cloud needs, and that it leaves empty.
    package static var cloudKeys: [String] { Key.cloud.map(\.rawValue) }

    /// A plan.
    ///
    /// - Parameters:
    ///   - files: Names of the files, by rank.
    ///   - batchSize: Galaxies of a batch.
    ///   - resultPath: The folder of the results, relative to the payload.
    ///   - dataPrefix: The folder of the files, relative to the payload.
    package init(files: [[String]], batchSize: Int, resultPath: String, dataPrefix: String) {
        self.files = files
        fileLimit = files.reduce(0) { $0 + $1.count }
        worldSize = files.count
        self.batchSize = batchSize
        self.resultPath = resultPath
        self.dataPrefix = dataPrefix
    }

    /// What ``encode(to:)`` or the serverless system wrote.
    ///
    /// - Throws: ``RecordError`` when the file says something else.
    package init(_ root: JSONNode) throws(RecordError) {
        func entry(_ key: Key) throws(RecordError) -> JSONNode { try root.entry(key.rawValue) }
        func count(_ key: Key, _ limit: Int = .max) throws(RecordError) -> Int? {
            try root.known(key.rawValue)?.wholeOrText(in: 1...limit)
        }
        let map = try entry(.dataMap).entries()
        var named: [String: [String]] = [:]
        for (rank, node) in map { named[rank] = try Self.names(node) }
        let total = named.values.reduce(0) { $0 + $1.count }
        let limit = try count(.fileLimit)
        let size = try count(.worldSize, Self.mostRanks)
        batchSize = try count(.batchSize) ?? 512
        resultPath = try entry(.resultPath).filePath()
        dataPrefix = try root.known(Key.dataPrefix.rawValue)?.filePath() ?? ""
        unknownKeys = try root.entries().keys.sorted().filter { !Self.keys.contains($0) }.map {
            UnknownKey(key: $0, nearest: Self.nearest($0))
        }
        guard total > 0 else { throw try entry(.dataMap).fault("names no file") }
        fileLimit = limit ?? total
        worldSize = size ?? min(fileLimit, Self.mostRanks)
        guard map.count == worldSize else {
            throw root.fault("data_map has \(map.count) ranks and world_size is \(worldSize)")
        }
        var left = fileLimit
        var files: [[String]] = []
        for rank in 0..<worldSize {
            guard let names = named["\(rank)"] else { throw root.fault("data_map has no rank \(rank)") }
            files.append(Array(names.prefix(left)))
            left -= min(left, names.count)
        }
        self.files = files
    }

    private static func names(_ node: JSONNode) throws(RecordError) -> [String] {
        let nodes: [JSONNode]
        switch node.value {
        case .null: nodes = []
        case .text: nodes = [node]
        case .list: nodes = try node.list()
        default:
            throw node.fault(
                "is of another type: a file, a list of files or null is expected, and it is \(node.value.words)")
        }
        var names: [String] = []
        for node in nodes {
            let name = try node.filePath()
            guard !name.isEmpty else { throw node.fault("is empty, and the name of a file is expected") }
            names.append(name)
        }
        return names
    }

    /// The known key that another is most like, when it is like one: but for case and what stands between words, or for
    /// two letters.
    private static func nearest(_ key: String) -> String? {
        let plain = { (key: String) in key.lowercased().filter { $0.isLetter || $0.isNumber } }
        let known = keys.map { (key: $0, changes: editDistance(plain(String(key.prefix(64))), plain($0))) }
        return known.filter { $0.changes <= 2 }.min { ($0.changes, $0.key) < ($1.changes, $1.key) }?.key
    }

    /// Writes all keys of the serverless system; those of the cloud are empty.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(fileLimit, forKey: .fileLimit)
        try values.encode(batchSize, forKey: .batchSize)
        try values.encode(worldSize, forKey: .worldSize)
        try values.encode(resultPath, forKey: .resultPath)
        try values.encode(dataPrefix, forKey: .dataPrefix)
        let map = files.enumerated().map { ("\($0)", Files(names: $1)) }
        try values.encode(Dictionary(uniqueKeysWithValues: map), forKey: .dataMap)
        for key in Key.cloud { try values.encode("", forKey: key) }
    }
}
