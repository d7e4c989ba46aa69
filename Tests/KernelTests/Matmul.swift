import CKernels
import Testing

/// One product C = activation(A B + bias), or C += A B + bias, in guarded memory.
struct Matmul {
    var m, n, k: Int
    var activation = CK_IDENTITY
    /// What C holds before, [m][n]: then the product is added to it.
    var old: [Float]?
    var bias: [Float]?
    /// Floats between the rows.
    var space = 0
    /// Floats between the operands and the guards.
    var gap = 0

    /// C of A [m][k] and B [k][n], after checks that nothing else was written.
    func run(_ kernels: ck_kernels_t, _ a: [Float], _ b: [Float]) -> [Float] {
        let (lda, ldc) = (k + space, n + space)
        let left = GuardedFloats(rows: a, width: k, stride: lda, gap: gap)
        let right = GuardedFloats(kernels.packed(b, depth: k, columns: n), gap: gap)
        let shift = bias.map { GuardedFloats($0 + Array(repeating: 0, count: kernels.padded(n) - n), gap: gap) }
        let blank = Array(repeating: GuardedFloats.sentinel, count: m * n)
        let result = GuardedFloats(rows: old ?? blank, width: n, stride: ldc, gap: gap)
        var task = ck_matmul_t(
            a: left.start, lda: lda, b: right.start, bias: shift.map { UnsafePointer($0.start) }, c: result.start,
            ldc: ldc, m: m, n: n, k: k, window: 1, ld_image: 0, activation: activation, accumulate: old != nil)
        kernels.matmul(&task)
        #expect(
            result.isIntactAround(rows: n > 0 ? m : 0, width: n, stride: ldc), "\(kernels.title): \(m) x \(n) x \(k)")
        return result.rows(m, width: n, stride: ldc)
    }

    /// The largest error of `c` as a share of what is allowed; NaN where C holds NaN.
    func worst(_ c: [Float], _ sums: Plain.Sums) -> Double {
        var worst = 0.0
        for index in 0..<m * n {
            let shift = Double(bias?[index % n] ?? 0)
            let before = Double(old?[index] ?? 0)
            let expected = before + Plain.activated(sums.values[index] + shift, activation)
            let magnitude = sums.magnitudes[index] + abs(shift) + abs(before)
            let allowed = Tolerance.activated(
                Tolerance.sum(terms: k, magnitude: magnitude), result: expected, activation)
            let error = abs(Double(c[index]) - expected)
            // Where all terms are zero the result must be exact.
            let share = error == 0 ? 0 : error / allowed
            guard share <= worst else {
                worst = share
                if share.isNaN { return share }
                continue
            }
        }
        return worst
    }
}
