import PhotozElementary

/// Normally distributed numbers, two from each pair of words (Box and Muller 1958).
enum NormalNumbers {
    /// Sixteen numbers of mean 0 and variance 1, at most 6.7 in magnitude: 2^-32 is the least probability of a word.
    static func sixteen(_ numbers: inout CounterBasedNumbers) -> (Lanes, Lanes) {
        var (first, second) = (SIMD8<UInt32>(), SIMD8<UInt32>())
        for lane in 0..<8 {
            first[lane] = numbers.word()
            second[lane] = numbers.word()
        }
        let radius = (-2 * Elementary.log((Lanes(first) + 0.5) * 0x1p-32)).squareRoot()
        // An angle of 30 bits in one quarter of the circle, and two bits for which quarter.
        let fraction = (Lanes(second & SIMD8(repeating: 0x3fff_ffff)) + 0.5) * 0x1p-30
        let (sine, cosine) = Elementary.sineAndCosine((fraction - 0.5) * (Double.pi / 2))
        let bits = SIMD8<UInt64>(truncatingIfNeeded: second)
        let turned = bits .>= SIMD8(repeating: 0x8000_0000)
        let opposite = bits & SIMD8(repeating: 0x4000_0000) .!= SIMD8(repeating: 0)
        let signed = radius.replacing(with: -radius, where: opposite)
        return (
            signed * cosine.replacing(with: sine, where: turned), signed * sine.replacing(with: cosine, where: turned)
        )
    }

    /// Eight numbers, enough for what a galaxy is; as many again are thrown away.
    static func eight(_ numbers: inout CounterBasedNumbers) -> Lanes { sixteen(&numbers).0 }
}
