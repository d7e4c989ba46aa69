import PhotozDigest
import PhotozMachine

/// Digests of what is known of each partition, so that another list of partitions can be compared with it: of each one,
/// or for a large data set of blocks of neighbours, since a list of a million would be longer than all else in a file.
struct BlockDigests: Codable, Equatable {
    /// The most that are kept.
    private static let limit = 4096

    /// Partitions of a block.
    let blockSize: Int
    /// Sixteen hexadecimal digits of each block's SHA-256.
    private let digests: [String]

    /// - Parameters:
    ///   - count: Partitions.
    ///   - add: Adds what is known of a partition.
    init(count: Int, _ add: (Int, inout SHA256) -> Void) {
        let size = max(1, (count + Self.limit - 1) / Self.limit)
        blockSize = size
        digests = stride(from: 0, to: count, by: size).map { first in
            var hash = SHA256()
            for place in first..<min(first + size, count) { add(place, &hash) }
            return hexadecimal(hash.finalize().prefix(8))
        }
    }

    /// The first partition of the first block that is another; nil when none is.
    func firstDifference(from before: BlockDigests) -> Int? {
        guard before.blockSize == blockSize, before.digests.count == digests.count else { return 0 }
        return digests.indices.first { digests[$0] != before.digests[$0] }.map { $0 * blockSize }
    }
}
