/// A number that stands for a galaxy wherever its magnitudes stand: whether a galaxy was trained on is asked by these.
package enum GalaxyFingerprint {
    /// Starting with 0x9e3779b97f4a7c15, for each magnitude the finaliser of SplitMix64 of what was there before,
    /// exclusive or the magnitude's 32 bits.
    ///
    /// - Parameter magnitudes: Single precision as stored, in the order of the network's bands.
    package static func of(_ magnitudes: UnsafeBufferPointer<Float>) -> UInt64 {
        magnitudes.reduce(0x9e37_79b9_7f4a_7c15) { mixed($0 ^ UInt64($1.bitPattern)) }
    }
}

/// The galaxies that weights were trained on, as far as a file can tell in little room: the smallest of their
/// fingerprints, which are a fair sample since fingerprints look random ("bottom-k sketch", Cohen & Kaplan 2007).
package struct TrainedSample: Sendable, Equatable {
    private let fingerprints: [UInt64]
    private let isWhole: Bool

    /// Nil when it is no such sample: fingerprints have to be ascending and distinct, at least one, and no more than
    /// galaxies were trained on.
    ///
    /// - Parameters:
    ///   - fingerprints: The smallest ones.
    ///   - trained: How many distinct galaxies were trained on.
    package init?(fingerprints: [UInt64], trained: Int) {
        guard !fingerprints.isEmpty, trained >= fingerprints.count,
            zip(fingerprints, fingerprints.dropFirst()).allSatisfy(<)
        else { return nil }
        self.fingerprints = fingerprints
        isWhole = trained == fingerprints.count
    }

    /// Of some galaxies, how many the sample can tell about, and how many of those were trained on.
    ///
    /// It can tell about a galaxy whose fingerprint is not above its largest, and about all when it is the whole.
    package func share(of labelled: some Sequence<UInt64>) -> (checked: Int, found: Int) {
        var (checked, found) = (0, 0)
        for fingerprint in labelled where isWhole || fingerprint <= fingerprints[fingerprints.count - 1] {
            checked += 1
            if contains(fingerprint) { found += 1 }
        }
        return (checked, found)
    }

    private func contains(_ fingerprint: UInt64) -> Bool {
        var (low, high) = (0, fingerprints.count)
        while low < high {
            let middle = (low + high) / 2
            if fingerprints[middle] < fingerprint { low = middle + 1 } else { high = middle }
        }
        return low < fingerprints.count && fingerprints[low] == fingerprint
    }
}
