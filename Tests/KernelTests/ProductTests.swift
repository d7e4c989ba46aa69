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
            let scratch = UnsafeMutableRawPointer.allocate(byteCount: (k + 1) * Kernels[table].lanes * 8, alignment: 64)
            defer { scratch.deallocate() }
            var c = [Double](repeating: .nan, count: m * n + 1)
            Kernels[table].product(a, lda, b, &c, m, n, k, scratch.assumingMemoryBound(to: Double.self))
            #expect(c[m * n].isNaN)
            for index in 0..<m * n {
                let terms = (0..<k).map { a[index / n * lda + $0] * b[$0 * n + index % n] }
                let error = abs(c[index] - terms.reduce(0, +))
                #expect(error <= Double(k) * 0x1p-52 * terms.reduce(0) { $0 + abs($1) }, "\(m) x \(n) x \(k)")
            }
        }
    }
}
