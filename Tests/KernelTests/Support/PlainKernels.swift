import CKernels
import Glibc

/// What the kernels are held to: plain loops in double precision.
enum Plain {
    /// A result, and the sum of the magnitudes of its terms: what rounding errors are measured by.
    struct Sums {
        var values: [Double]
        var magnitudes: [Double]
    }

    /// A [m][k] times B [k][n].
    static func product(_ a: [Float], _ b: [Float], m: Int, n: Int, k: Int) -> Sums {
        var sums = Sums(values: .init(repeating: 0, count: m * n), magnitudes: .init(repeating: 0, count: m * n))
        let wide = b.map { Double($0) }
        sums.values.withUnsafeMutableBufferPointer { values in
            sums.magnitudes.withUnsafeMutableBufferPointer { magnitudes in
                wide.withUnsafeBufferPointer { wide in
                    for row in 0..<m {
                        for depth in 0..<k {
                            let x = Double(a[row * k + depth])
                            for column in 0..<n {
                                let term = x * wide[depth * n + column]
                                values[row * n + column] += term
                                magnitudes[row * n + column] += abs(term)
                            }
                        }
                    }
                }
            }
        }
        return sums
    }

    /// A row times a column in bfloat16, in the order of tiles and rounded as they do: of each 32 numbers the first and
    /// the second ones of words apart; no number is below 2^-126.
    static func sumOfTiles(_ row: [Float], _ column: [Float]) -> Float {
        func flushed(_ x: Float) -> Float { abs(x) < 0x1p-126 ? 0 : x }
        return stride(from: 0, to: row.count, by: 32).reduce(Float(0)) { sum, start in
            var halves = [Float(0), 0]
            for place in start..<min(start + 32, row.count) {
                halves[place % 2] = flushed(halves[place % 2].addingProduct(row[place], column[place]))
            }
            return flushed(sum + flushed(halves[0] + halves[1]))
        }
    }

    static func activated(_ x: Double, _ activation: ck_activation) -> Double {
        switch activation {
        case CK_RELU: max(x, 0)
        case CK_GELU, CK_ROUGH_GELU: 0.5 * x * erfc(-x / 2.0.squareRoot())
        case CK_SILU, CK_ROUGH_SILU: x / (1 + exp(-x))
        default: x
        }
    }

    /// Rows of mean 0 and variance 1, and what float32 may be off by.
    static func standardised(_ x: [Float], width: Int) -> [(value: Double, tolerance: Double)] {
        stride(from: 0, to: x.count, by: width).flatMap { start in
            let row = x[start..<start + width].map { Double($0) }
            let mean = row.reduce(0, +) / Double(width)
            let variance = row.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
            let deviation = (variance + 1e-6).squareRoot()
            // The mean of numbers up to 5 is off by some 1e-6, and the division by the deviation raises that.
            return row.map { (($0 - mean) / deviation, 5e-6 / min(1, deviation)) }
        }
    }

    static func softmax(_ scores: [Double]) -> [Double] {
        let highest = scores.max()!
        let powers = scores.map { exp($0 - highest) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }
}

/// Rounding errors that float32 sums are allowed.
enum Tolerance {
    /// Half a unit in the last place of 1.
    static let unit = 0x1p-24

    /// The proven bound of a sum of `terms` products in any order, `magnitude` the sum of the terms' magnitudes.
    static func sum(terms: Int, magnitude: Double) -> Double { Double(terms + 3) * unit * magnitude }

    /// What an activation makes of an error in its argument: no slope exceeds 1.13. The functions' own errors are below
    /// 1.5e-6, and a few units of the result.
    static func activated(_ error: Double, result: Double, _ activation: ck_activation) -> Double {
        switch activation {
        case CK_GELU, CK_SILU: 1.13 * error + 1.5e-6 + 8 * unit * abs(result)
        default: error
        }
    }
}
