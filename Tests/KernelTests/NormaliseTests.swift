import CKernels
import TestSupport
import Testing

/// LayerNorm and means over rows against plain loops.
@Suite struct NormaliseTests {
    static let widths = [1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 48, 192, 193]

    @Test(arguments: Kernels.tables, widths) func layerNorm(table: Int, width: Int) {
        let kernels = Kernels[table]
        var numbers = SeededNumbers(seed: UInt64(width))
        let rows = 5
        let x = numbers.floats(rows * width, in: -3...5)
        let (scale, shift) = (numbers.floats(width), numbers.floats(width))
        let (eps, epsilon) = (Float(1e-6), 1e-6)
        for (space, inPlace) in [(0, false), (0, true), (6, false), (6, true)] {
            let from = GuardedFloats(rows: x, width: width, stride: width + space, gap: space % 4)
            let to = inPlace ? from : GuardedFloats(count: (rows - 1) * (width + space) + width)
            let (scales, shifts) = (GuardedFloats(scale), GuardedFloats(shift, gap: 1))
            kernels.layer_norm(
                from.start, width + space, to.start, width + space, rows, width, scales.start, shifts.start, eps)
            #expect(to.isIntactAround(rows: rows, width: width, stride: width + space))
            let y = to.rows(rows, width: width, stride: width + space)
            for row in 0..<rows {
                let wide = x[row * width..<(row + 1) * width].map { Double($0) }
                let mean = wide.reduce(0, +) / Double(width)
                let variance = wide.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
                for column in 0..<width {
                    let normal = (wide[column] - mean) / (variance + epsilon).squareRoot()
                    let expected = normal * Double(scale[column]) + Double(shift[column])
                    // The mean of numbers up to 5 is off by some 1e-6, and the division by the deviation raises that.
                    let allowed = 5e-6 / min(1, (variance + epsilon).squareRoot())
                    let error = abs(Double(y[row * width + column]) - expected)
                    #expect(error <= allowed, "\(kernels.title): row \(row), column \(column): off by \(error)")
                }
            }
        }
    }

    @Test(arguments: Kernels.tables) func layerNormOfEqualNumbersIsTheShift(table: Int) {
        for width in Self.widths {
            let x = GuardedFloats(Array(repeating: 3, count: width))
            let (scale, shift) = (
                GuardedFloats(Array(repeating: 2, count: width)), GuardedFloats(Array(repeating: 0.5, count: width))
            )
            Kernels[table].layer_norm(x.start, width, x.start, width, 1, width, scale.start, shift.start, 1e-6)
            // The mean of equal numbers may round: 3 ± 2^-22, over sqrt(1e-6), times 2.
            #expect(x.values.allSatisfy { abs($0 - 0.5) <= 5e-4 }, "\(width): \(x.values)")
        }
    }

    @Test(arguments: Kernels.tables, widths) func meanOfRows(table: Int, width: Int) {
        var numbers = SeededNumbers(seed: 4)
        for (count, rows) in [(1, 3), (4, 2), (9, 1), (16, 3), (16, 0)] {
            let x = numbers.floats(count * rows * width)
            let (ldx, ldy) = (width + 3, width + 2)
            let from = GuardedFloats(rows: x, width: width, stride: ldx)
            let to = GuardedFloats(count: max(0, (rows - 1) * ldy + width))
            Kernels[table].mean_rows(from.start, ldx, count, to.start, ldy, rows, width)
            #expect(to.isIntactAround(rows: rows, width: width, stride: ldy))
            let y = to.rows(rows, width: width, stride: ldy)
            for row in 0..<rows {
                for column in 0..<width {
                    let terms = (0..<count).map { Double(x[(row * count + $0) * width + column]) }
                    let error = abs(Double(y[row * width + column]) - terms.reduce(0, +) / Double(count))
                    #expect(error <= Double(count + 2) * Tolerance.unit, "\(count) rows, column \(column)")
                }
            }
        }
    }
}
