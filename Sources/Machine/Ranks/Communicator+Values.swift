import Collectives
import FoundationEssentials
import PhotozExitCodes

extension Communicator {
    /// Rank 0's value on every rank, sent as JSON; the others give nil. For a few small values: what grows with
    /// partitions or galaxies is sent as it lies in memory.
    package func broadcastValue<T: Codable>(_ value: T?) throws -> T {
        let mine = try value.map { [UInt8](try JSONEncoder().encode($0)) } ?? []
        var bytes = [UInt8](repeating: 0, count: try broadcast(mine.count, root: 0))
        if rank == 0 { bytes = mine }
        try bytes.withUnsafeMutableBytes { try broadcast(into: $0, root: 0) }
        return try JSONDecoder().decode(T.self, from: Data(bytes))
    }

    /// Every rank's value on rank 0, in rank order, sent as JSON; nil elsewhere.
    package func gatherValues<T: Codable>(_ value: T) throws -> [T]? {
        try gatherVarying(Array(try JSONEncoder().encode(value)), root: 0)?.map {
            try JSONDecoder().decode(T.self, from: Data($0))
        }
    }

    /// Every rank's text on rank 0, in rank order; nil elsewhere.
    package func gatherStrings(_ text: String) throws -> [String]? {
        try gatherVarying(Array(text.utf8), root: 0)?.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Names of files as ranks send them to each other, many of them: one behind another, with a zero between them, which
/// no name of a file has.
package enum NameList {
    package static func bytes(of names: some Sequence<String>) -> [UInt8] { Array(names.joined(separator: "\0").utf8) }

    /// The names; one that is empty for no bytes.
    package static func names(in bytes: [UInt8]) -> [String] {
        bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
}
