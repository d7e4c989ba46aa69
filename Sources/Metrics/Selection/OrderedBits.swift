extension Double {
    /// A finite number as an unsigned integer that compares as the number does: the sign bit flipped, and for a
    /// negative number all other bits too. -0 becomes +0, so that equal numbers have one pattern.
    package var orderedBits: UInt64 {
        // Adding +0 turns -0 into +0 and leaves every other number alone.
        let pattern = (self + 0).bitPattern
        return pattern >> 63 == 0 ? pattern | 1 << 63 : ~pattern
    }

    /// The number with these ordered bits.
    package init(orderedBits bits: UInt64) {
        self.init(bitPattern: bits >> 63 == 1 ? bits & ~(1 << 63) : ~bits)
    }
}

extension Float {
    /// The same of a single-precision number: 32 bits.
    package var orderedBits: UInt64 {
        let pattern = (self + 0).bitPattern
        return UInt64(pattern >> 31 == 0 ? pattern | 1 << 31 : ~pattern)
    }

    /// The number with these ordered bits.
    package init(orderedBits bits: UInt64) {
        let bits = UInt32(truncatingIfNeeded: bits)
        self.init(bitPattern: bits >> 31 == 1 ? bits & ~(1 << 31) : ~bits)
    }
}
