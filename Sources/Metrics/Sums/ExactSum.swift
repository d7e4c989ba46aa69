/// A sum of doubles without any rounding, so that neither the order of the terms nor the way they are dealt to ranks
/// can show in the result.
///
/// The sum is one fixed-point integer in units of 2^-1074 (the smallest double), cut in limbs of 32 bits, lowest
/// first: its value is Σ limbs[i] · 2^(32 i - 1074). Each limb is a signed 64-bit integer, so that carries need to be
/// passed on only now and then. Two sums are added limb by limb, which is what a sum-reduction over ranks does.
///
/// This is the small superaccumulator of R. M. Neal, "Fast exact summation using small and large superaccumulators",
/// arXiv 1505.05571.
package struct ExactSum: Sendable {
    /// Limbs in a sum. A double reaches up to limb 65 (bit 2046 + 52); two more leave room for 2^62 of the largest.
    package static let limbCount = 68

    /// Terms that may be added between two normalisations: each moves a limb by less than 2^32.
    static let longestDelay = 1 << 29

    var limbs = [Int64](repeating: 0, count: limbCount)
    private var addedSinceNormalised = 0

    /// The empty sum, 0.
    package init() {}

    /// The sum whose limbs are the element-by-element sums of `normalisedLimbs()` of up to 2^30 sums.
    package init(limbs: some Collection<Int64>) {
        precondition(limbs.count == Self.limbCount, "not the limbs of an exact sum")
        self.limbs = Array(limbs)
        normalise()
    }

    /// Adds one finite term.
    package mutating func add(_ term: Double) {
        if addedSinceNormalised == Self.longestDelay {
            normalise()
        }
        addedSinceNormalised += 1
        limbs.withUnsafeMutableBufferPointer { Term(term).add(to: $0) }
    }

    /// Adds another sum.
    package mutating func merge(_ other: ExactSum) {
        let theirs = other.normalisedLimbs()
        normalise()
        for index in limbs.indices {
            limbs[index] += theirs[index]
        }
        normalise()
    }

    /// The limbs with all carries passed on: each in 0 ..< 2^32 but for the last, which carries the sign. Sums of such
    /// limbs over 2^30 ranks stay far from overflow.
    package func normalisedLimbs() -> [Int64] {
        var copy = self
        copy.normalise()
        return copy.limbs
    }

    private mutating func normalise() {
        limbs.withUnsafeMutableBufferPointer { Self.normalise($0) }
        addedSinceNormalised = 0
    }

    /// Passes on all carries.
    static func normalise(_ limbs: UnsafeMutableBufferPointer<Int64>) {
        var carry: Int64 = 0
        for index in 0..<(limbCount - 1) {
            let value = limbs[index] + carry
            limbs[index] = value & 0xffff_ffff
            // An arithmetic shift: rounds down, so that the limb left behind is not negative.
            carry = value >> 32
        }
        limbs[limbCount - 1] += carry
    }

    /// A finite number, cut for the limbs that it goes to: once for all sums that it is a term of.
    struct Term {
        private let limb: Int
        private let parts: (Int64, Int64, Int64)

        @inline(__always)
        init(_ term: Double) {
            precondition(term.isFinite, "an exact sum takes finite terms only")
            let exponent = Int(term.exponentBitPattern)
            let isNormal = exponent > 0
            let significand = term.significandBitPattern | (isNormal ? 1 << 52 : 0)
            // The place of the significand's lowest bit; subnormals share that of the smallest normal numbers.
            let place = isNormal ? exponent - 1 : 0
            limb = place >> 5
            let shift = UInt64(place & 31)

            // significand << shift has up to 84 bits: 32 in each of the two lower limbs, the rest in the third.
            let low = significand << shift
            let sign: Int64 = term.sign == .minus ? -1 : 1
            parts = (
                sign * Int64(low & 0xffff_ffff), sign * Int64((significand >> (32 - shift)) & 0xffff_ffff),
                sign * Int64((significand >> 32) >> (32 - shift))
            )
        }

        @inline(__always)
        func add(to limbs: UnsafeMutableBufferPointer<Int64>) {
            limbs[limb] += parts.0
            limbs[limb + 1] += parts.1
            limbs[limb + 2] += parts.2
        }
    }
}
