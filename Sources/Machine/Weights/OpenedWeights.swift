import AstroMAE
import Glibc

/// How packed weights came about, as `Results.json` says it.
package enum WeightsOrigin: String, Encodable, Sendable {
    /// They were in the cache.
    case cache
    /// They were folded and packed, and are in the cache now.
    case cached = "packed and cached"
    /// They were folded and packed.
    case packed
}

/// A weights file that is open, and the SHA-256 of what it holds.
package struct OpenedWeights {
    /// The file.
    package let file: WeightsFile
    /// Its SHA-256.
    package let hash: String
    private let stamp: Stamp

    /// - Parameters:
    ///   - path: The file.
    ///   - followsLinks: Whether what the file leads to may lie anywhere.
    /// - Throws: As ``WeightsFile/init(_:followsLinks:)``, and ``JobError`` with code 66.
    package init(_ path: String, followsLinks: Bool = false) throws {
        stamp = Stamp(path)
        file = try WeightsFile(path, followsLinks: followsLinks)
        hash = try fileHash(path)
    }

    /// Puts the weights into memory, packed.
    ///
    /// - Parameters:
    ///   - precision: How they are stored.
    ///   - instructionSet: What they are packed for.
    ///   - memory: `PreparedNetwork.byteCount(of:_:for:)` zeros on a 64-byte boundary.
    ///   - cache: Where packed weights are kept; nil for nowhere.
    /// - Throws: `WeightsError` with every fault of the file, `HDF5Error`. Only weights without faults are ever kept.
    package func pack(
        _ precision: Precision, for instructionSet: InstructionSet, into memory: UnsafeMutableRawBufferPointer,
        _ cache: WeightsCache?
    ) throws -> WeightsOrigin {
        let layout = PreparedNetwork.layoutKey(of: file.shape, precision, for: instructionSet)
        let cache = isUnchanged ? cache : nil
        if let cache, cache.read(hash, layout, into: memory) { return .cache }
        try PreparedNetwork.pack(file, precision, for: instructionSet, into: memory)
        // The hash says nothing about other files that tensors lie in.
        guard let cache, isUnchanged, file.isWhole else { return .packed }
        return cache.write(UnsafeRawBufferPointer(memory), hash, layout) ? .cached : .packed
    }

    /// The network in memory of its own.
    ///
    /// - Throws: As ``pack(_:for:into:_:)``.
    package func prepared(
        _ precision: Precision, for instructionSet: InstructionSet, _ cache: WeightsCache?
    ) throws -> PreparedNetwork {
        try PreparedNetwork(file.shape, precision, for: instructionSet) {
            _ = try pack(precision, for: instructionSet, into: $0, cache)
        }
    }

    /// Whether the hash is that of what is read from the file: it was not replaced or written since before it was
    /// opened.
    private var isUnchanged: Bool { stamp.isOld && stamp == Stamp(file.path) }

    /// What changes when a file is replaced or written.
    private struct Stamp: Equatable {
        private let numbers: [Int]
        /// Whether the last change is so long ago that another one must show.
        let isOld: Bool

        init(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else {
                (numbers, isOld) = ([], false)
                return
            }
            numbers = [
                Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec,
                status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
            ]
            isOld = status.st_ctim.tv_sec < time(nil) - Self.coarsestClock
        }

        /// Seconds: some file systems know no smaller ones.
        private static let coarsestClock = 2

        static func == (one: Stamp, other: Stamp) -> Bool { one.numbers == other.numbers }
    }
}
