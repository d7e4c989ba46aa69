import AstroMAE
import Testing

/// What is believed of a measurement of the cores.
@Suite struct CoreSpeedTests {
    @Test(arguments: InstructionSet.available.indices, Precision.allCases)
    func whatIsMeasuredIsPlausible(set: Int, precision: Precision) {
        var cores = CoreSpeed.measure(InstructionSet.available[set], precision, threads: 1, slices: 10)
        // A slice may be disturbed by what else the machine does; the best of many is not.
        for _ in 0..<10 where !cores.isPlausible {
            cores = cores.best(.measure(InstructionSet.available[set], precision, threads: 1, slices: 10))
        }
        #expect(cores.isPlausible, "\(cores)")
    }

    /// Operations a second in registers and in products, and whether both can be true. The last but one is what a peak
    /// over denormal numbers came to.
    static let cases: [(Double, Double, Bool)] = [
        (117e9, 98e9, true), (57e9, 29e9, true), (98e9, 98e9, true), (0.16e9, 98e9, false), (98e12, 98e9, false),
        (90e9, 98e9, false), (0, 0, false), (.nan, 98e9, false), (.infinity, 98e9, false), (98e9, .nan, false),
        (98e9, 0, false),
    ]

    @Test(arguments: cases) func aPeakThatProductsBeatIsNone(peak: Double, products: Double, isPlausible: Bool) {
        #expect(CoreSpeed(peak: peak, products: products).isPlausible == isPlausible)
    }
}
