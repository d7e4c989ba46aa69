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
        } + [
            Shape(size: 8, window: 3, inputs: 5, outputs: 33), Shape(size: 4, window: 5, inputs: 3, outputs: 1),
            // Deep enough for tiles, with fewer rows than one has and with more, and what is less than one of words.
            Shape(size: 4, window: 3, inputs: 64, outputs: 17), Shape(size: 20, window: 3, inputs: 70, outputs: 33),
        ]

    @Test(arguments: shapes, Words.kinds) func borderedImages(shape: Shape, kind: UInt32) {
        let (size, window, format) = (shape.size, shape.window, ck_format(kind))
        let side = size + window - 1
        var numbers = SeededNumbers(seed: UInt64(size * 100 + window * 10 + shape.inputs))
        var image = Words.representable(numbers.floats(side * side * shape.inputs), format)
        for index in image.indices {
            let (y, x) = (index / shape.inputs / side, index / shape.inputs % side)
            let border = window / 2
            if !(border..<border + size ~= y && border..<border + size ~= x) { image[index] = 0 }
        }
        var task = Matmul(m: size * size, n: shape.outputs, k: shape.inputs)
        (task.window, task.imageWidth) = (window, side)
        // One for all pixels, which windows share.
        task.zero = { _ in 127 }
        let filter = Words.representable(numbers.floats(task.depth * shape.outputs), format)
        let sums = Plain.product(patches(image, shape), filter, m: task.m, n: task.n, k: task.depth)
        task.bias = numbers.floats(shape.outputs)
        task.rowScales = numbers.floats(task.m, in: 0.001...0.01)
        task.columnScales = numbers.floats(task.n, in: 0.001...0.01)
        let forms = Kernels.tables.flatMap { table in Kernels[table].forms(kind).map { (Kernels[table], $0) } }
        for (kernels, format) in forms {
            for (space, accumulates) in [(0, false), (3, true), (5, false)] {
                task.format = format
                task.space = space
                task.gap = space % 2
                task.old = accumulates ? numbers.floats(task.m * task.n) : nil
                task.activation = accumulates ? CK_IDENTITY : CK_RELU
                let worst = task.worst(task.run(kernels, image, filter), sums)
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
}
