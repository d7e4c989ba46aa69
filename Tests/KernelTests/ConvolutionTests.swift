import CKernels
import TestSupport
import Testing

/// Convolutions as products with a window, row by row of a bordered image, against the sum that defines them.
@Suite struct ConvolutionTests {
    struct Shape: Sendable {
        let size, window, inputs, outputs: Int
    }

    static let shapes =
        [4, 8, 16].flatMap { size in
            [1, 3, 5].flatMap { window in
                [1, 2, 4, 8, 16].map { Shape(size: size, window: window, inputs: $0, outputs: $0) }
            }
        } + [Shape(size: 8, window: 3, inputs: 5, outputs: 33), Shape(size: 4, window: 5, inputs: 3, outputs: 1)]

    @Test(arguments: shapes) func borderedImages(shape: Shape) {
        let (size, window) = (shape.size, shape.window)
        let side = size + window - 1
        var numbers = SeededNumbers(seed: UInt64(size * 100 + window * 10 + shape.inputs))
        var image = numbers.floats(side * side * shape.inputs)
        for index in image.indices {
            let (y, x) = (index / shape.inputs / side, index / shape.inputs % side)
            let border = window / 2
            if !(border..<border + size ~= y && border..<border + size ~= x) { image[index] = 0 }
        }
        let filter = numbers.floats(window * window * shape.inputs * shape.outputs)
        let bias = numbers.floats(shape.outputs)
        let depth = window * window * shape.inputs
        let sums = Plain.product(
            patches(image, shape), filter, m: size * size, n: shape.outputs, k: depth)
        for table in Kernels.tables {
            for (space, accumulates) in [(0, false), (3, true), (5, false)] {
                let kernels = Kernels[table]
                let old = accumulates ? numbers.floats(size * size * shape.outputs) : nil
                let c = convolve(kernels, shape, image, filter, bias, space: space, old: old)
                var task = Matmul(m: size * size, n: shape.outputs, k: depth, old: old, bias: bias)
                task.activation = accumulates ? CK_IDENTITY : CK_RELU
                let worst = task.worst(c, sums)
                #expect(worst <= 1, "\(kernels.title): \(worst) times the bound")
            }
        }
    }

    /// The pixels under each window, y then x then channel: [size * size][window * window * inputs].
    private func patches(_ image: [Float], _ shape: Shape) -> [Float] {
        let side = shape.size + shape.window - 1
        return (0..<shape.size * shape.size).flatMap { pixel in
            (0..<shape.window * shape.window).flatMap { place in
                let y = pixel / shape.size + place / shape.window
                let x = pixel % shape.size + place % shape.window
                return image[(y * side + x) * shape.inputs..<(y * side + x + 1) * shape.inputs]
            }
        }
    }

    private func convolve(
        _ kernels: ck_kernels_t, _ shape: Shape, _ image: [Float], _ filter: [Float], _ bias: [Float], space: Int,
        old: [Float]?
    ) -> [Float] {
        let side = shape.size + shape.window - 1
        let (lda, ldc) = (shape.inputs + space, shape.outputs + space)
        let from = GuardedFloats(rows: image, width: shape.inputs, stride: lda, gap: space % 2)
        let weights = GuardedFloats(
            kernels.packed(filter, depth: shape.window * shape.window * shape.inputs, columns: shape.outputs))
        let shift = GuardedFloats(kernels.padded(bias, width: shape.outputs))
        let pixels = shape.size * shape.size
        let blank = Array(repeating: GuardedFloats.sentinel, count: pixels * shape.outputs)
        let to = GuardedFloats(rows: old ?? blank, width: shape.outputs, stride: ldc)
        for y in 0..<shape.size {
            var task = ck_matmul_t(
                a: from.start + y * side * lda, lda: lda, b: weights.start, bias: shift.start,
                c: to.start + y * shape.size * ldc, ldc: ldc, m: shape.size, n: shape.outputs, k: shape.inputs,
                window: shape.window, ld_image: side * lda, activation: old == nil ? CK_RELU : CK_IDENTITY,
                accumulate: old != nil)
            kernels.matmul(&task)
        }
        #expect(to.isIntactAround(rows: pixels, width: shape.outputs, stride: ldc), "\(kernels.title)")
        return to.rows(pixels, width: shape.outputs, stride: ldc)
    }
}
