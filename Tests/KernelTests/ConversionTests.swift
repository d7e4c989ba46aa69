import CKernels
import TestSupport
import Testing

/// Rows of float32 as rows of fewer bits.
@Suite struct ConversionTests {
    @Test(arguments: Kernels.tables, NormaliseTests.widths) func bfloat16IsTheNearest(table: Int, width: Int) {
        var numbers = SeededNumbers(seed: UInt64(width))
        // Every kind of number: ties, zeros, the smallest normal ones and those below, infinities.
        let special: [UInt32] = [
            0x3f80_8000, 0x3f81_8000, 0x3f80_8001, 0xbf80_7fff, 0, 0x8000_0000, 0x0080_0000, 0x007f_ffff, 0x8000_0001,
            0x7f80_0000, 0xff80_0000, 0x7f7f_ffff,
        ]
        let x = (0..<5 * width).map {
            $0 % 3 == 0 ? Float(bitPattern: special[$0 / 3 % special.count]) : numbers.floats(1, in: -1e3...1e3)[0]
        }
        let state = ck_flush_denormals()
        defer { ck_restore(state) }
        for format in [CK_BFLOAT16, CK_WIDE_BFLOAT16] {
            let result = Conversion(width: width, format: format).run(x) { from, stride, to, rows in
                Kernels[table].convert(from, stride, to, rows, width)
            }
            #expect(result.halves == x.map(Words.bfloat16), "\(Kernels[table].title)")
        }
    }

    @Test(arguments: Kernels.tables, NormaliseTests.widths) func bytesAreTheNearest(table: Int, width: Int) {
        var numbers = SeededNumbers(seed: UInt64(width))
        for scale: Float in [1e-20, 1, 1e20] {
            // On both sides of zero, and on one.
            for shift: Float in [0, 1, -1] {
                let x = numbers.floats(5 * width).map { ($0 + shift) * scale }
                for format in [CK_INT8, CK_WIDE_INT8] { check(Kernels[table], x, width: width, format) }
            }
        }
    }

    private func check(_ kernels: Kernels, _ x: [Float], width: Int, _ format: ck_format) {
        let result = Conversion(width: width, format: format).run(x) { from, stride, to, rows in
            kernels.convert(from, stride, to, rows, width)
        }
        for row in 0..<5 {
            let part = x[row * width..<(row + 1) * width]
            let range = Double(part.max()!.clampedAbove) - Double(part.min()!.clampedBelow)
            #expect(abs(result.steps[row] * 254 - range) <= 4e-7 * range)
        }
        for (index, value) in result.values.enumerated() {
            let error = abs(value - Double(x[index]))
            #expect(error <= 0.5002 * result.steps[index / width], "\(kernels.title): number \(index)")
        }
    }

    @Test(arguments: Kernels.tables, [CK_INT8.rawValue, CK_WIDE_INT8.rawValue])
    func bytesOfZerosAreZero(table: Int, format: UInt32) {
        let result = Conversion(width: 20, format: ck_format(format)).run(Array(repeating: 0, count: 100)) {
            Kernels[table].convert($0, $1, $2, $3, 20)
        }
        #expect(result.values.allSatisfy { $0 == 0 })
    }

    @Test(arguments: Kernels.tables, [Float.nan, .infinity, -.infinity]) func noNumberStaysNone(
        table: Int, spoiler: Float
    ) {
        // A network that overflows must not answer with a plausible redshift, in whatever format.
        for format in [CK_BFLOAT16, CK_WIDE_BFLOAT16, CK_INT8, CK_WIDE_INT8] {
            for place in [0, 17, 39] {
                var numbers = SeededNumbers(seed: 1)
                var x = numbers.floats(2 * 40)
                x[place] = spoiler
                for isNorm in [false, true] {
                    let result = Conversion(width: 40, format: format).run(x) { from, stride, to, rows in
                        if isNorm {
                            Kernels[table].layer_norm(from, stride, to, rows, 40, 1e-6)
                        } else {
                            Kernels[table].convert(from, stride, to, rows, 40)
                        }
                    }
                    #expect(!result.values[place].isFinite, "\(Kernels[table].title)")
                    #expect(result.values[40...].allSatisfy { $0.isFinite }, "\(Kernels[table].title)")
                }
            }
        }
    }
}

/// Rows that a kernel writes in a format of fewer bits, in guarded memory.
struct Conversion {
    let width: Int
    let format: ck_format

    struct Result {
        /// What the numbers stand for.
        var values: [Double] = []
        /// The bits of bfloat16.
        var halves: [UInt16] = []
        /// What a byte stands for in each row.
        var steps: [Double] = []
    }

    /// - Parameter kernel: Reads rows of floats with a stride, and writes as many.
    func run(
        _ x: [Float],
        _ kernel: (UnsafePointer<Float>, Int, UnsafePointer<ck_rows_t>, Int) -> Void
    ) -> Result {
        let (rows, words) = (x.count / width, Words.count(width, format))
        let from = GuardedFloats(rows: x, width: width, stride: width + 2)
        let to = GuardedFloats(count: (rows - 1) * (words + 3) + words)
        let steps = GuardedFloats(count: 2 * rows)
        let places = UnsafeMutableRawPointer(steps.start).assumingMemoryBound(to: ck_step_t.self)
        var y = ck_rows_t(start: to.start, stride: words + 3, format: format, steps: places)
        kernel(from.start, width + 2, &y, rows)
        #expect(to.isIntactAround(rows: rows, width: words, stride: words + 3) && steps.isIntactAround)
        var result = Result()
        if Words.isBytes(format) { result.steps = (0..<rows).map { Double(places[$0].size) } }
        for row in 0..<rows {
            let bytes = UnsafeRawPointer(to.start + row * (words + 3))
            for column in 0..<width { result.append(bytes, column, format, places[row]) }
        }
        return result
    }
}

extension Conversion.Result {
    /// One number of a row.
    fileprivate mutating func append(_ row: UnsafeRawPointer, _ column: Int, _ format: ck_format, _ step: ck_step_t) {
        switch format {
        case CK_BFLOAT16:
            // The first of a word in its upper bits.
            let half = row.load(fromByteOffset: 2 * (column ^ 1), as: UInt16.self)
            halves.append(half)
            values.append(Double(Float(bitPattern: UInt32(half) << 16)))
        case CK_INT8:
            values.append(
                Double(Int(row.load(fromByteOffset: column, as: UInt8.self)) - Int(step.zero)) * Double(step.size))
        case CK_WIDE_INT8:
            values.append(Double(row.load(fromByteOffset: 2 * column, as: Int16.self)) * Double(step.size))
        default:
            let float = row.load(fromByteOffset: 4 * column, as: Float.self)
            halves.append(UInt16(float.bitPattern >> 16))
            if format == CK_WIDE_BFLOAT16 { #expect(float.bitPattern & 0xffff == 0) }
            values.append(Double(float))
        }
    }
}

extension Float {
    /// What a range that holds zero ends with.
    fileprivate var clampedAbove: Float { max(self, 0) }
    fileprivate var clampedBelow: Float { min(self, 0) }
}
