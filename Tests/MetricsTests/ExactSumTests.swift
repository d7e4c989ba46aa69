import PhotozMetrics
import Testing

@Suite struct ExactSumTests {
    static func sum(_ terms: some Sequence<Double>) -> Double {
        var sum = ExactSum()
        for term in terms {
            sum.add(term)
        }
        return sum.rounded
    }

    @Test(arguments: [
        0, 1, -1, 0.1, -0.3, .pi, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
        .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0x1p-1050, 0x1.8p52,
        0x1p1023,
    ])
    func oneTermComesBack(term: Double) {
        #expect(Self.sum([term]) == term)
        #expect(Self.sum([term, term, -term]) == term)
        #expect(Self.sum([term, -term]).bitPattern == 0, "the empty sum is +0")
    }

    @Test func everyPowerOfTwoComesBack() {
        for exponent in -1074...1023 {
            let power = Double(sign: .plus, exponent: exponent, significand: 1)
            #expect(Self.sum([power]) == power)
            #expect(Self.sum([-power, .leastNonzeroMagnitude, -.leastNonzeroMagnitude]) == -power)
        }
    }

    @Test func nothingIsLostByCancellation() {
        #expect(Self.sum([1e300, 1, -1e300]) == 1)
        #expect(Self.sum([1, 1e100, 1, -1e100]) == 2)
        #expect(Self.sum([.greatestFiniteMagnitude, .leastNonzeroMagnitude, -.greatestFiniteMagnitude]) == 0x1p-1074)
        #expect(Self.sum([-1e308, -1e308, 1e308, 1e308, -0.25]) == -0.25)
    }

    @Test func roundsOnceToNearestEven() {
        let tiny = Double.leastNonzeroMagnitude
        #expect(Self.sum([1, 0x1p-53]) == 1, "a tie goes to the even neighbour below")
        #expect(Self.sum([1, 0x1p-53, tiny]) == 1.nextUp, "more than a tie")
        #expect(Self.sum([1, 0x1p-53, -tiny]) == 1, "less than a tie")
        #expect(Self.sum([1.nextUp, 0x1p-53]) == 1.nextUp.nextUp, "a tie goes to the even neighbour above")
        #expect(Self.sum([-1, -0x1p-53, -tiny]) == -1.nextUp)
        #expect(Self.sum([2.nextDown, 0x1p-53]) == 2, "rounding up carries into the next power of two")
    }

    @Test func overflowsOnlyWhenTheSumDoes() {
        let largest = Double.greatestFiniteMagnitude
        #expect(Self.sum([largest, largest]) == .infinity)
        #expect(Self.sum([-largest, -largest]) == -.infinity)
        #expect(Self.sum([largest, 0x1p970]) == .infinity, "half a step beyond the largest rounds to even: up")
        #expect(Self.sum([largest, 0x1p969]) == largest)
        #expect(Self.sum(Array(repeating: largest, count: 1000) + Array(repeating: -largest, count: 999)) == largest)
    }

    @Test func agreesWithShewchukAtManyMagnitudes() {
        var random = SplitMix(state: 3)
        for spread in [0, 3, 60, 900] {
            for _ in 0..<200 {
                let terms = (0..<100).map { _ in
                    Double(
                        sign: Bool.random(using: &random) ? .minus : .plus,
                        exponent: Int.random(in: -spread...spread, using: &random),
                        significand: Double.random(in: 1..<2, using: &random))
                }
                #expect(Self.sum(terms) == plainSum(terms))
                #expect(Self.sum(terms.reversed()) == Self.sum(terms))
                let cancelling = terms + terms.map { -$0 } + [terms[0] * 0x1p-70]
                #expect(Self.sum(cancelling.shuffled(using: &random)) == terms[0] * 0x1p-70)
            }
        }
    }

    @Test func agreesWithShewchukOnAMillionTerms() {
        var random = SplitMix(state: 4)
        let terms = (0..<1_000_000).map { _ in Double.random(in: -1...1, using: &random) }
        let expected = plainSum(terms)
        #expect(Self.sum(terms) == expected)
        #expect(Self.sum(terms.sorted()) == expected)
    }

    @Test func mergesByLimbsOverManyRanks() {
        var random = SplitMix(state: 5)
        let terms = (0..<3000).map { _ in Double.random(in: -1...1, using: &random) * 1e200 }
        var merged = ExactSum()
        var limbs = [Int64](repeating: 0, count: ExactSum.limbCount)
        for part in stride(from: 0, to: terms.count, by: 7) {
            var sum = ExactSum()
            for term in terms[part..<min(part + 7, terms.count)] {
                sum.add(term)
            }
            merged.merge(sum)
            for (index, limb) in sum.normalisedLimbs().enumerated() {
                limbs[index] += limb
            }
        }
        #expect(merged.rounded == plainSum(terms))
        #expect(ExactSum(limbs: limbs).rounded == plainSum(terms))
    }

    @Test(arguments: [-0.1, 0.1, Double.greatestFiniteMagnitude / 1e6, -Double.leastNonzeroMagnitude])
    func limbsOfAHundredThousandRanksDoNotOverflow(term: Double) {
        var one = ExactSum()
        one.add(term)
        let limbs = one.normalisedLimbs().map { $0 * 100_000 }
        #expect(ExactSum(limbs: limbs).rounded == 100_000 * term, "exact product, or rounded once")
    }
}
