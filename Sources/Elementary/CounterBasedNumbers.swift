/// Random numbers that are a function of where they stand, not of what was drawn before: Philox4x32-10 (Salmon et al.
/// 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11).
///
/// Galaxy k of seed s has streams of its own, so that it is the same galaxy whatever else is made, and by whom.
package struct CounterBasedNumbers {
    private var counter: SIMD4<UInt32>
    private let key: SIMD2<UInt32>
    private var block = SIMD4<UInt32>()
    private var used = 4

    /// - Parameter stream: Sequences of one galaxy that do not overlap: each has 2^32 blocks of four words.
    package init(seed: UInt64, galaxy: UInt64, stream: UInt32) {
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        counter = SIMD4(
            0, stream, UInt32(truncatingIfNeeded: galaxy), UInt32(truncatingIfNeeded: galaxy >> 32))
    }

    /// 32 random bits.
    package mutating func word() -> UInt32 {
        if used == 4 {
            block = Self.block(counter, key: key)
            counter.x &+= 1
            used = 0
        }
        defer { used += 1 }
        return block[used]
    }

    /// Evenly spread over (0, 1), never an end: 52 bits and a half.
    package mutating func uniform() -> Double {
        let bits = UInt64(word()) << 20 | UInt64(word()) >> 12
        return (Double(bits) + 0.5) * 0x1p-52
    }

    /// Ten rounds of the block cipher that Philox is.
    package static func block(_ counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
        var (block, key) = (counter, key)
        for _ in 0..<10 {
            let first = UInt64(block.x) &* 0xD251_1F53
            let second = UInt64(block.z) &* 0xCD9E_8D57
            block = SIMD4(
                UInt32(truncatingIfNeeded: second >> 32) ^ block.y ^ key.x, UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ block.w ^ key.y, UInt32(truncatingIfNeeded: first))
            key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
        }
        return block
    }
}
