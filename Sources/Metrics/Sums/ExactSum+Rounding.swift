extension ExactSum {
    /// The double nearest to the sum, ties to even: the one rounding of the whole sum. Infinite when the sum is beyond
    /// the largest double; +0 when it is zero.
    package var rounded: Double {
        let value = normalisedLimbs()
        guard value[Self.limbCount - 1] < 0 else { return Self.roundedMagnitude(value) }
        var opposite = ExactSum()
        opposite.limbs = value.map { -$0 }
        return -Self.roundedMagnitude(opposite.normalisedLimbs())
    }

    /// Rounds normalised limbs, none of them negative.
    private static func roundedMagnitude(_ limbs: [Int64]) -> Double {
        guard let top = limbs.lastIndex(where: { $0 != 0 }) else { return 0 }
        let highestBit = 32 * top + (63 - limbs[top].leadingZeroBitCount)
        // Up to 53 bits are an integer that a double holds exactly, and so are the subnormals.
        guard highestBit > 52 else {
            return scaled(bits(0...highestBit, of: limbs), place: 0)
        }
        let place = highestBit - 52
        var significand = bits(place...highestBit, of: limbs)
        let half = bits((place - 1)...(place - 1), of: limbs) == 1
        if half && (significand & 1 == 1 || hasBits(below: place - 1, in: limbs)) {
            significand += 1
        }
        return scaled(significand, place: place)
    }

    /// significand · 2^(place - 1074), exact for a significand of at most 2^53; infinite beyond the largest double.
    private static func scaled(_ significand: UInt64, place: Int) -> Double {
        // The significand itself lies far above 1, so it is scaled in the one step that cannot round.
        Double(sign: .plus, exponent: place - 1074, significand: Double(significand))
    }

    /// At most 64 bits of the fixed-point number, as an integer.
    private static func bits(_ range: ClosedRange<Int>, of limbs: [Int64]) -> UInt64 {
        var result: UInt64 = 0
        for position in range.reversed() {
            result = result << 1 | UInt64(bit(position, of: limbs))
        }
        return result
    }

    private static func bit(_ position: Int, of limbs: [Int64]) -> Int64 {
        // The last limb may hold more than 32 bits.
        let limb = min(position >> 5, limbCount - 1)
        return (limbs[limb] >> (position - 32 * limb)) & 1
    }

    private static func hasBits(below position: Int, in limbs: [Int64]) -> Bool {
        let limb = min(position >> 5, limbCount - 1)
        let mask = Int64(1) << (position - 32 * limb) - 1
        return limbs[limb] & mask != 0 || limbs[..<limb].contains { $0 != 0 }
    }
}
