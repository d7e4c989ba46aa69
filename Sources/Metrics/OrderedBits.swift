/// A finite double as an unsigned integer that compares as the double does: the sign bit flipped, and for a negative
/// number all other bits too. -0 becomes +0, so that equal numbers have one pattern.
package struct OrderedBits: Sendable {
    let bits: UInt64

    init(bits: UInt64) {
        self.bits = bits
    }

    /// The pattern of a finite double.
    package init(_ value: Double) {
        // Adding +0 turns -0 into +0 and leaves every other number alone.
        let pattern = (value + 0).bitPattern
        bits = pattern >> 63 == 0 ? pattern | 1 << 63 : ~pattern
    }

    /// The double with this pattern.
    package var value: Double {
        Double(bitPattern: bits >> 63 == 1 ? bits & ~(1 << 63) : ~bits)
    }
}
