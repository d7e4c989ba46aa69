import CKernels
import TestSupport
import Testing

/// The parallel convolution path of a block against plain loops.
@Suite struct GroupedConvolutionTests {
    struct Shape: Sendable {
        let groups, inputs, hidden: Int
    }

    static let shapes = [
        Shape(groups: 48, inputs: 4, hidden: 16), Shape(groups: 4, inputs: 4, hidden: 8),
        Shape(groups: 4, inputs: 3, hidden: 5), Shape(groups: 1, inputs: 1, hidden: 1),
        Shape(groups: 17, inputs: 4, hidden: 3), Shape(groups: 5, inputs: 12, hidden: 7),
        Shape(groups: 33, inputs: 2, hidden: 4), Shape(groups: 16, inputs: 4, hidden: 0),
    ]

    struct Weights {
        let w1, b1, w2, b2: [Float]

        init(_ shape: Shape, _ numbers: inout SeededNumbers) {
            w1 = numbers.floats(shape.hidden * shape.inputs * shape.groups)
            b1 = numbers.floats(shape.hidden * shape.groups)
            w2 = numbers.floats(shape.hidden * shape.inputs * shape.groups)
            b2 = numbers.floats(shape.inputs * shape.groups)
        }
    }

    @Test(arguments: Kernels.tables, shapes) func anyRows(table: Int, shape: Shape) {
        for isRough in [false, true] { check(table, shape, isRough: isRough) }
    }

    private func check(_ table: Int, _ shape: Shape, isRough: Bool) {
        var numbers = SeededNumbers(seed: UInt64(shape.groups * 100 + shape.hidden))
        let weights = Weights(shape, &numbers)
        let width = shape.groups * shape.inputs
        let (src, dst) = (numbers.floats(9 * width), numbers.floats(9 * width))
        let whole = run(Kernels[table], shape, weights, src, dst, rows: 9, isRough: isRough)
        for index in whole.indices {
            let (row, channel, group) = (index / width, index % width / shape.groups, index % shape.groups)
            func plain(_ weight: [Float], _ hidden: Int, _ input: Int) -> Double {
                Double(weight[(hidden * shape.inputs + input) * shape.groups + group])
            }
            var expected = Double(dst[index]) + Double(weights.b2[channel * shape.groups + group])
            for hidden in 0..<shape.hidden {
                var sum = Double(weights.b1[hidden * shape.groups + group])
                for input in 0..<shape.inputs {
                    sum += plain(weights.w1, hidden, input) * Double(src[row * width + input * shape.groups + group])
                }
                expected += plain(weights.w2, hidden, channel) * Plain.activated(sum, CK_SILU)
            }
            // Numbers are at most 1, so each hidden one is below inputs + 1, and the result below hidden times as much.
            let magnitude = Double((shape.hidden + 2) * (shape.inputs + 1))
            let allowed =
                Tolerance.sum(terms: shape.hidden + shape.inputs + 8, magnitude: magnitude)
                + (isRough ? 1e-4 * magnitude : 0)
            #expect(abs(Double(whole[index]) - expected) <= allowed, "row \(row), channel \(channel), group \(group)")
        }
        // A row has the same bits in whatever company.
        for rows in 0...8 {
            let first = (9 - rows) / 2 * width
            let places = first..<first + rows * width
            let part = run(
                Kernels[table], shape, weights, Array(src[places]), Array(dst[places]), rows: rows,
                isRough: isRough)
            #expect(part.map(\.bitPattern) == whole[places].map(\.bitPattern), "\(rows) rows")
        }
    }

    private func run(
        _ kernels: Kernels, _ shape: Shape, _ weights: Weights, _ src: [Float], _ dst: [Float], rows: Int,
        isRough: Bool
    ) -> [Float] {
        let width = shape.groups * shape.inputs
        let ld = width + 3
        let from = GuardedFloats(rows: src, width: width, stride: ld)
        let to = GuardedFloats(rows: dst, width: width, stride: ld)
        let (w1, b1, w2, b2) = (
            guarded(kernels, weights.w1, shape), guarded(kernels, weights.b1, shape),
            guarded(kernels, weights.w2, shape), guarded(kernels, weights.b2, shape)
        )
        let scratch = GuardedFloats(count: shape.inputs)
        var task = ck_pcm_t(
            src: from.start, dst: to.start, ld: ld, rows: rows, groups: shape.groups, inputs: shape.inputs,
            hidden: shape.hidden, w1: w1.start, b1: b1.start, w2: w2.start, b2: b2.start,
            rough: isRough, scratch: scratch.start)
        kernels.pcm(&task)
        #expect(scratch.isIntactAround)
        #expect(to.isIntactAround(rows: rows, width: width, stride: ld))
        return to.rows(rows, width: width, stride: ld)
    }

    private func guarded(_ kernels: Kernels, _ values: [Float], _ shape: Shape) -> GuardedFloats {
        GuardedFloats(kernels.padded(values, width: shape.groups))
    }
}
