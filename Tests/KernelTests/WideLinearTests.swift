import CKernels
import TestSupport
import Testing

/// The first layer of the magnitude branch against plain loops.
@Suite struct WideLinearTests {
    @Test(arguments: Kernels.tables, [1, 3, 4, 7, 8, 9, 16, 17, 33, 1024])
    func anyWidth(table: Int, width: Int) {
        let kernels = Kernels[table]
        var numbers = SeededNumbers(seed: UInt64(width))
        for (inputs, rows, space) in [(5, 4, 0), (5, 112, 3), (1, 1, 1), (0, 2, 0), (5, 0, 0), (12, 3, 7)] {
            // Weights of hundreds on magnitudes near 17: terms of 1e4 that cancel, as in the trained network.
            let x = numbers.floats(rows * inputs, in: 16.9...17.1)
            let (w, bias) = (numbers.floats(inputs * width, in: -500...500), numbers.floats(width))
            let from = GuardedFloats(x)
            let weights = GuardedFloats(kernels.padded(w, width: width))
            let shift = GuardedFloats(kernels.padded(bias, width: width))
            let ldy = width + space
            for activation in MatmulTests.activations {
                let to = GuardedFloats(count: max(0, (rows - 1) * ldy + width))
                kernels.wide_linear(
                    from.start, rows, inputs, weights.start, shift.start, to.start, ldy, width, activation)
                #expect(to.isIntactAround(rows: rows, width: width, stride: ldy))
                let y = to.rows(rows, width: width, stride: ldy)
                for index in y.indices {
                    let (row, column) = (index / width, index % width)
                    let sum = (0..<inputs).reduce(Double(bias[column])) {
                        $0 + Double(x[row * inputs + $1]) * Double(w[$1 * width + column])
                    }
                    let expected = Plain.activated(sum, activation)
                    // Accumulated in float64, so that only the result rounds.
                    let allowed = Tolerance.activated(Tolerance.unit * abs(sum) * 1.01, result: sum, activation)
                    #expect(
                        abs(Double(y[index]) - expected) <= allowed, "\(kernels.title): row \(row), column \(column)")
                }
            }
        }
    }
}
