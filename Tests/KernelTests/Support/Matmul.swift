import CKernels
import TestSupport
import Testing

/// One product C = activation(A B + bias), or C = activation(C + A B + bias), in guarded memory.
struct Matmul {
    var m, n, k: Int
    var format = CK_FLOAT32
    var activation = CK_IDENTITY
    /// What C holds before, [m][n]: then the product is added to it.
    var old: [Float]?
    var bias: [Float]?
    /// What a byte stands for in each row of A and column of B, and which byte of each row of A is zero.
    var rowScales: [Float] = []
    var zero: (_ row: Int) -> Int = { 127 + $0 % 2 }
    var columnScales: [Float] = []
    /// Pixels of a square window, and of a row of the bordered image; for products 1 and 0.
    var window = 1
    var imageWidth = 0
    /// Words between the rows.
    var space = 0
    /// Words between the operands and the guards.
    var gap = 0

    /// Rows of B.
    var depth: Int { window * window * k }

    /// B as a level takes it.
    struct Weights {
        let words: GuardedFloats
        /// The sum of each column of bytes; zeros for other formats.
        let sums: GuardedFloats
    }

    /// B [depth][n] for these kernels and the format. Whoever runs several products of one B packs it once: for the
    /// widest layers that takes longer than a product.
    func packed(_ b: [Float], for kernels: Kernels) -> Weights {
        var sums = [Int32](repeating: 0, count: kernels.padded(n))
        if Words.isBytes(format) {
            for row in 0..<depth {
                for column in 0..<n { sums[column] += Int32(b[row * n + column]) }
            }
        }
        return Weights(
            words: GuardedFloats(
                kernels.packed(b, taps: window * window, depth: k, columns: n, format), gap: gap),
            sums: GuardedFloats(sums.map { Float(bitPattern: UInt32(bitPattern: $0)) }, gap: gap))
    }

    /// C of A [rows][k] and B [depth][n], numbers that the format holds, after checks that nothing else was written.
    func run(_ kernels: Kernels, _ a: [Float], _ b: [Float]) -> [Float] {
        run(kernels, a, packed(b, for: kernels))
    }

    /// The same, of a B that is packed.
    func run(_ kernels: Kernels, _ a: [Float], _ b: Weights) -> [Float] {
        let blank = Array(repeating: GuardedFloats.sentinel, count: m * n)
        let result = GuardedFloats(rows: old ?? blank, width: n, stride: n + space, gap: gap)
        run(kernels, a, b, into: ck_rows_t(start: result.start, stride: n + space, format: CK_FLOAT32, steps: nil))
        #expect(
            result.isIntactAround(rows: n > 0 ? m : 0, width: n, stride: n + space),
            "\(kernels.title): \(m) x \(n) x \(k)")
        return result.rows(m, width: n, stride: n + space)
    }

    /// C in the wide form of bfloat16.
    func runToWideBFloat16(_ kernels: Kernels, _ a: [Float], _ b: [Float]) -> [Float] {
        let result = GuardedFloats(
            rows: Array(repeating: GuardedFloats.sentinel, count: m * n), width: n, stride: n + space)
        run(
            kernels, a, packed(b, for: kernels),
            into: ck_rows_t(start: result.start, stride: n + space, format: CK_WIDE_BFLOAT16, steps: nil))
        #expect(result.isIntactAround(rows: m, width: n, stride: n + space))
        return result.rows(m, width: n, stride: n + space)
    }

    /// C in bfloat16, as bits.
    func runToBFloat16(_ kernels: Kernels, _ a: [Float], _ b: [Float]) -> [UInt16] {
        let words = Words.count(n, CK_BFLOAT16)
        let result = GuardedFloats(
            rows: Array(repeating: GuardedFloats.sentinel, count: m * words), width: words, stride: words + space)
        run(
            kernels, a, packed(b, for: kernels),
            into: ck_rows_t(start: result.start, stride: words + space, format: CK_BFLOAT16, steps: nil))
        #expect(result.isIntactAround(rows: words > 0 ? m : 0, width: words, stride: words + space))
        return result.rows(m, width: words, stride: words + space).enumerated().flatMap { index, word in
            let halves = [UInt16(word.bitPattern >> 16), UInt16(word.bitPattern & 0xffff)]
            let isLast = index % words == words - 1 && n % 2 == 1
            // The half that fills a word up is zero, so that a product may read it.
            if isLast { #expect(halves[1] == 0) }
            return isLast ? [halves[0]] : halves
        }
    }

    private func run(_ kernels: Kernels, _ a: [Float], _ b: Weights, into c: ck_rows_t) {
        let words = Words.count(k, format)
        let stride = words + space
        let left = GuardedFloats(
            rows: Words.rows(a, width: k, format, zero: zero), width: words, stride: stride, gap: gap)
        let columns = kernels.padded(n)
        func vector(_ values: [Float]) -> GuardedFloats {
            GuardedFloats(values + Array(repeating: 0, count: columns - values.count), gap: gap)
        }
        let (shift, scales) = (bias.map(vector), vector(columnScales))
        let steps = GuardedFloats(
            rowScales.enumerated().flatMap { [$1, Float(bitPattern: UInt32(zero($0)))] })
        let isImage = window > 1
        // A convolution goes through its image row by row, everything else in one call.
        let pixels = isImage ? imageWidth - window + 1 : m
        for first in Swift.stride(from: 0, to: m, by: max(pixels, 1)) {
            let image = isImage ? first / pixels * imageWidth : 0
            var task = ck_matmul_t(
                a: ck_rows_t(
                    start: left.start + image * stride, stride: stride, format: format,
                    steps: UnsafeMutableRawPointer(steps.start + 2 * first).assumingMemoryBound(to: ck_step_t.self)),
                b: UnsafeRawPointer(b.words.start).assumingMemoryBound(to: Int32.self),
                bias: shift.map { UnsafePointer($0.start) }, scales: scales.start,
                sums: UnsafeRawPointer(b.sums.start).assumingMemoryBound(to: Int32.self),
                c: ck_rows_t(
                    start: c.start + 4 * first * c.stride, stride: c.stride, format: c.format, steps: nil),
                m: pixels, n: n, k: k, window: window, ld_image: imageWidth * stride, activation: activation,
                accumulate: old != nil)
            kernels.matmul(&task)
        }
    }

    /// The largest error of `c` as a share of what is allowed; NaN where C holds NaN.
    func worst(_ c: [Float], _ sums: Plain.Sums) -> Double {
        var worst = 0.0
        for index in 0..<m * n {
            let scale = Words.isBytes(format) ? Double(rowScales[index / n]) * Double(columnScales[index % n]) : 1
            let shift = Double(bias?[index % n] ?? 0)
            let before = Double(old?[index] ?? 0)
            let expected = Plain.activated(before + sums.values[index] * scale + shift, activation)
            // Sums of bytes are exact, and only what is done with the sum rounds.
            let magnitude =
                (Words.isBytes(format) ? abs(sums.values[index]) : sums.magnitudes[index]) * scale + abs(shift)
                + abs(before)
            let allowed = Tolerance.activated(
                Tolerance.sum(terms: Words.isBytes(format) ? 1 : depth, magnitude: magnitude), result: expected,
                activation)
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
