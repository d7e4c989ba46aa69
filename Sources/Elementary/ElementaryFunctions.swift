/// Eight numbers at a time.
package typealias Lanes = SIMD8<Double>
/// Their bits.
package typealias Bits = SIMD8<UInt64>

/// Functions made of additions, multiplications, divisions and square roots alone: these are rounded the same way on
/// every processor, while those of a C library may differ in the last bit.
///
/// Errors are measured over the ranges that their users need (`ElementaryFunctionTests`). All are inlinable: they are
/// a few instructions for each of eight numbers, and a call that hands over vectors through memory costs as much again.
package enum Elementary {
    /// The first 33 bits of ln 2, so that products with exponents are exact.
    @inlinable package static var ln2High: Double { 0x1.62e42fee00000p-1 }
    /// The rest of ln 2.
    @inlinable package static var ln2Low: Double { 0x1.a39ef35793c76p-33 }

    /// e^x for |x| up to 700; relative error below 5e-16.
    ///
    /// x = k ln 2 + r with |r| at most half of ln 2, and the Taylor series of e^r.
    @inlinable package static func exp(_ x: Lanes) -> Lanes {
        let shift = 0x1.8p52  // puts a rounded number into the low bits
        let shifted = x * 0x1.71547652b82fep0 + shift
        let k = shifted - shift
        let r = (x - k * ln2High) - k * ln2Low
        var series = Lanes(repeating: 1 / 6_227_020_800)
        series = series * r + 1 / 479_001_600
        series = series * r + 1 / 39_916_800
        series = series * r + 1 / 3_628_800
        series = series * r + 1 / 362_880
        series = series * r + 1 / 40_320
        series = series * r + 1 / 5040
        series = series * r + 1 / 720
        series = series * r + 1 / 120
        series = series * r + 1 / 24
        series = series * r + 1 / 6
        series = series * r + 0.5
        series = series * r + 1
        series = series * r + 1
        let power = (unsafeBitCast(shifted, to: Bits.self) &+ Bits(repeating: 1023)) &<< Bits(repeating: 52)
        return series * unsafeBitCast(power, to: Lanes.self)
    }

    /// ln x for normal x > 0; error below 3e-16 of the larger of 1 and the result.
    ///
    /// x = 2^k m with m in [√½, √2), and ln m = 2 artanh s with s = (m - 1)/(m + 1).
    @inlinable package static func log(_ x: Lanes) -> Lanes {
        let bits = unsafeBitCast(x, to: Bits.self)
        // Exponents count from √½, so that m is nowhere far from 1.
        let offset = bits &- Bits(repeating: 0x3fe6_a09e_667f_3bcd)
        let whole = (offset &+ Bits(repeating: 0x4000_0000_0000_0000)) &>> Bits(repeating: 52)
        let k = unsafeBitCast(whole | Bits(repeating: 0x4330_0000_0000_0000), to: Lanes.self) - (0x1p52 + 1024)
        let m = unsafeBitCast(bits &- (offset & Bits(repeating: 0xfff0_0000_0000_0000)), to: Lanes.self)
        let s = (m - 1) / (m + 1)
        let q = s * s
        var series = Lanes(repeating: 1 / 21)
        series = series * q + 1 / 19
        series = series * q + 1 / 17
        series = series * q + 1 / 15
        series = series * q + 1 / 13
        series = series * q + 1 / 11
        series = series * q + 1 / 9
        series = series * q + 1 / 7
        series = series * q + 1 / 5
        series = series * q + 1 / 3
        return k * ln2High + (k * ln2Low + 2 * (s + s * q * series))
    }

    /// sin x and cos x for |x| up to π/4; error below 2e-16.
    ///
    /// Taylor series; the first terms left out are x^17/17! and x^18/18!.
    @inlinable package static func sineAndCosine(_ x: Lanes) -> (sine: Lanes, cosine: Lanes) {
        let q = x * x
        var sine = Lanes(repeating: -1 / 1_307_674_368_000)
        sine = sine * q + 1 / 6_227_020_800
        sine = sine * q - 1 / 39_916_800
        sine = sine * q + 1 / 362_880
        sine = sine * q - 1 / 5040
        sine = sine * q + 1 / 120
        sine = sine * q - 1 / 6
        var cosine = Lanes(repeating: 1 / 20_922_789_888_000)
        cosine = cosine * q - 1 / 87_178_291_200
        cosine = cosine * q + 1 / 479_001_600
        cosine = cosine * q - 1 / 3_628_800
        cosine = cosine * q + 1 / 40_320
        cosine = cosine * q - 1 / 720
        cosine = cosine * q + 1 / 24
        cosine = cosine * q - 0.5
        return (x + x * (q * sine), 1 + q * cosine)
    }

    /// The inverse of the hyperbolic sine, for |x| up to 1e150; error below 3e-16 of the larger of 1 and the result.
    @inlinable package static func asinh(_ x: Lanes) -> Lanes {
        let magnitude = x.replacing(with: -x, where: x .< 0)
        let positive = log(magnitude + (magnitude * magnitude + 1).squareRoot())
        return positive.replacing(with: -positive, where: x .< 0)
    }

    @inlinable package static func exp(_ x: Double) -> Double { exp(Lanes(repeating: x))[0] }
    @inlinable package static func log(_ x: Double) -> Double { log(Lanes(repeating: x))[0] }
    /// 10^x for |x| up to 300.
    @inlinable package static func power10(_ x: Lanes) -> Lanes { exp(x * 0x1.26bb1bbb55516p1) }
    @inlinable package static func power10(_ x: Double) -> Double { power10(Lanes(repeating: x))[0] }
}
