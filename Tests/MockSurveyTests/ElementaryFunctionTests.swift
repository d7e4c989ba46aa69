import Glibc
import PhotozElementary
import Testing

/// Functions of our own against the C library's.
@Suite struct ElementaryFunctionTests {
    private func worst(_ range: ClosedRange<Double>, _ error: (Double) -> Double) -> Double {
        (0...200_000).map { error(range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / 200_000) }
            .max()!
    }

    @Test func exponential() {
        #expect(worst(-700...700) { abs(Elementary.exp($0) / Glibc.exp($0) - 1) } < 5e-16)
        #expect(Elementary.exp(0.0) == 1)
        #expect(worst(-8...8) { abs(Elementary.power10($0) / Glibc.pow(10, $0) - 1) } < 1e-14)
    }

    @Test func logarithm() {
        #expect(worst(1e-3...4) { abs(Elementary.log($0) - Glibc.log($0)) / max(1, abs(Glibc.log($0))) } < 3e-16)
        for exponent in -1022...1023 {
            let x = Double(sign: .plus, exponent: exponent, significand: 1.37)
            #expect(abs(Elementary.log(x) - Glibc.log(x)) <= 3e-16 * max(1, abs(Glibc.log(x))))
        }
        #expect(Elementary.log(1.0) == 0)
    }

    @Test func sineAndCosine() {
        let error = worst(-Double.pi / 4...Double.pi / 4) {
            let (sine, cosine) = Elementary.sineAndCosine(Lanes(repeating: $0))
            return max(abs(sine[0] - Glibc.sin($0)), abs(cosine[0] - Glibc.cos($0)))
        }
        #expect(error < 2e-16)
    }

    @Test func inverseHyperbolicSine() {
        func error(_ x: Double) -> Double {
            abs(Elementary.asinh(Lanes(repeating: x))[0] - Glibc.asinh(x)) / max(1, abs(Glibc.asinh(x)))
        }
        #expect(worst(-3...3, error) < 5e-16)
        #expect(worst(-1e6...1e6, error) < 5e-16)
    }
}
