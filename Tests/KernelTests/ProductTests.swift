import CKernels
import TestSupport
import Testing

/// Products in float64, for folding weights.
@Suite struct ProductTests {
    @Test(arguments: Kernels.tables) func productsInDoublePrecision(table: Int) {
        var numbers = SeededNumbers(seed: 6)
        for (m, n, k) in [(1, 1, 1), (9, 33, 17), (16, 16, 40), (3, 5, 0), (0, 4, 4), (25, 47, 8)] {
            let lda = k + 3
            let (a, b) = (numbers.floats(m * lda).map { Double($0) }, numbers.floats(k * n).map { Double($0) })
            // Guards stand on page boundaries, so that memory of whole vectors in front of one is aligned.
            let scratch = GuardedFloats(count: 2 * k * Kernels[table].lanes)
            let (left, right) = (guarded(a), guarded(b))
            let result = GuardedFloats(count: 2 * m * n)
            Kernels[table].product(
                doubles(left), lda, doubles(right), doubles(result), m, n, k, doubles(scratch))
            #expect(result.isIntactAround && scratch.isIntactAround)
            let c = UnsafeBufferPointer(start: doubles(result), count: m * n)
            for index in 0..<m * n {
                let terms = (0..<k).map { a[index / n * lda + $0] * b[$0 * n + index % n] }
                let error = abs(c[index] - terms.reduce(0, +))
                #expect(error <= Double(k) * 0x1p-52 * terms.reduce(0) { $0 + abs($1) }, "\(m) x \(n) x \(k)")
            }
        }
    }

    private func guarded(_ values: [Double]) -> GuardedFloats {
        let floats = GuardedFloats(count: 2 * values.count)
        doubles(floats).update(from: values, count: values.count)
        return floats
    }

    /// The same memory, two floats to a number.
    private func doubles(_ floats: GuardedFloats) -> UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(floats.start).assumingMemoryBound(to: Double.self)
    }
}
