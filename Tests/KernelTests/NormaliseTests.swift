import CKernels
import TestSupport
import Testing

/// LayerNorm, in every format, and means over rows against plain loops.
@Suite struct NormaliseTests {
    static let widths = [1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 48, 192, 193]

    @Test(arguments: Kernels.tables, widths) func layerNorm(table: Int, width: Int) {
        let kernels = Kernels[table]
        var numbers = SeededNumbers(seed: UInt64(width))
        let rows = 5
        let x = numbers.floats(rows * width, in: -3...5)
        for (space, inPlace) in [(0, false), (0, true), (6, false), (6, true)] {
            let stride = width + space
            let from = GuardedFloats(rows: x, width: width, stride: stride, gap: space % 4)
            let to = inPlace ? from : GuardedFloats(count: (rows - 1) * stride + width)
            var y = ck_rows_t(start: to.start, stride: stride, format: CK_FLOAT32, steps: nil)
            kernels.layer_norm(from.start, stride, &y, rows, width, 1e-6)
            #expect(to.isIntactAround(rows: rows, width: width, stride: stride))
            let results = to.rows(rows, width: width, stride: stride)
            for (index, (result, normal)) in zip(results, Plain.standardised(x, width: width)).enumerated() {
                #expect(abs(Double(result) - normal.value) <= normal.tolerance, "\(kernels.title): number \(index)")
            }
        }
    }

    @Test(arguments: Kernels.tables, widths) func layerNormInFewerBits(table: Int, width: Int) {
        var numbers = SeededNumbers(seed: UInt64(width))
        let x = numbers.floats(5 * width, in: -3...5)
        let normals = Plain.standardised(x, width: width)
        for format in [CK_BFLOAT16, CK_WIDE_BFLOAT16, CK_INT8, CK_WIDE_INT8] {
            let result = Conversion(width: width, format: format).run(x) { from, stride, to, rows in
                Kernels[table].layer_norm(from, stride, to, rows, width, 1e-6)
            }
            for (index, normal) in normals.enumerated() {
                // bfloat16 has 8 significant bits, so numbers are at most a share of 2^-7 apart; bytes have a step of a
                // 254th of what the row's numbers range over.
                let step = Words.isBFloat16(format) ? abs(normal.value) * 0x1p-7 : result.steps[index / width]
                let error = abs(result.values[index] - normal.value)
                #expect(
                    error <= (Words.isBytes(format) ? 1.001 : 0.501) * step + normal.tolerance,
                    "\(Kernels[table].title): number \(index)")
            }
        }
    }

    @Test(arguments: Kernels.tables) func layerNormOfEqualNumbersIsNearZero(table: Int) {
        for width in Self.widths {
            let x = GuardedFloats(Array(repeating: 3, count: width))
            var y = ck_rows_t(start: x.start, stride: width, format: CK_FLOAT32, steps: nil)
            Kernels[table].layer_norm(x.start, width, &y, 1, width, 1e-6)
            // The mean of equal numbers may round: 3 ± 2^-22, over sqrt(1e-6).
            #expect(x.values.allSatisfy { abs($0) <= 2.5e-4 }, "\(width): \(x.values)")
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

    /// Rows whose squares exceed float32 are standardised like others, and never become zeros.
    @Test(
        arguments: Kernels.tables, [CK_FLOAT32, CK_BFLOAT16, CK_WIDE_BFLOAT16, CK_INT8, CK_WIDE_INT8].map(\.rawValue))
    func largeNumbers(table: Int, format: UInt32) {
        var numbers = SeededNumbers(seed: 12)
        let small = numbers.floats(3 * 40)
        for scale: Float in [0x1p64, 0x1p100, 0x1p122] {
            let x = small.map { $0 * scale }
            let expected = Plain.standardised(small, width: 40)
            let result = Conversion(width: 40, format: ck_format(format)).run(x) {
                Kernels[table].layer_norm($0, $1, $2, $3, 40, 1e-6)
            }
            for (index, value) in result.values.enumerated() {
                // Half a unit of bfloat16, half a step of bytes; eps is nothing beside such a variance.
                let own = format == CK_FLOAT32.rawValue ? 0 : 3.0 / 128
                #expect(abs(value - expected[index].value) <= own + 2e-5, "\(Kernels[table].title): \(index), \(scale)")
            }
        }
        // What cannot be told is no number.
        let huge = small.map { $0 < 0 ? -Float.greatestFiniteMagnitude : Float.greatestFiniteMagnitude }
        let result = Conversion(width: 40, format: ck_format(format)).run(huge) {
            Kernels[table].layer_norm($0, $1, $2, $3, 40, 1e-6)
        }
        #expect(result.values.allSatisfy { !$0.isFinite }, "\(Kernels[table].title)")
    }
}
