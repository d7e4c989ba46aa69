import CKernels
import TestSupport
import Testing

/// Attention against the formula, head by head.
@Suite struct AttentionTests {
    struct Shape: Sendable {
        let galaxies, patches, heads, headSize: Int
        var tokens: Int { patches + 1 }
        var width: Int { heads * headSize }
        var rows: Int { galaxies * tokens }

        /// The row of a galaxy's token, the class token last.
        func row(_ galaxy: Int, _ token: Int) -> Int {
            token < patches ? galaxy * patches + token : galaxies * patches + galaxy
        }
    }

    static let shapes = [
        Shape(galaxies: 3, patches: 16, heads: 12, headSize: 16), Shape(galaxies: 2, patches: 4, heads: 4, headSize: 4),
        Shape(galaxies: 2, patches: 9, heads: 3, headSize: 5), Shape(galaxies: 1, patches: 16, heads: 3, headSize: 64),
        Shape(galaxies: 4, patches: 16, heads: 8, headSize: 24), Shape(galaxies: 1, patches: 1, heads: 1, headSize: 1),
        Shape(galaxies: 1, patches: 64, heads: 2, headSize: 12), Shape(galaxies: 0, patches: 16, heads: 2, headSize: 8),
    ]

    /// Scores of about 1 mix all values; of hundreds, they pick the one with the largest.
    static let scales: [Float] = [1, 30, 1e4]

    @Test(arguments: Kernels.tables, shapes) func everyHead(table: Int, shape: Shape) {
        for scale in Self.scales {
            var numbers = SeededNumbers(seed: UInt64(shape.width))
            var qkv = numbers.floats(shape.rows * 3 * shape.width)
            for index in qkv.indices where index % (3 * shape.width) < shape.width { qkv[index] *= scale }
            for isRough in [false, true] {
                let out = attend(Kernels[table], shape, qkv, isRough: isRough)
                for galaxy in 0..<shape.galaxies {
                    for head in 0..<shape.heads {
                        check(
                            out, qkv, shape, galaxy: galaxy, head: head, scale: Double(scale),
                            own: isRough ? 2e-4 : 1e-6, Kernels[table].title)
                    }
                }
            }
        }
    }

    @Test(arguments: Kernels.tables, shapes) func galaxiesDoNotMeet(table: Int, shape: Shape) {
        var numbers = SeededNumbers(seed: 8)
        let qkv = numbers.floats(shape.rows * 3 * shape.width)
        let together = attend(Kernels[table], shape, qkv)
        let one = Shape(galaxies: 1, patches: shape.patches, heads: shape.heads, headSize: shape.headSize)
        for galaxy in 0..<shape.galaxies {
            let rows = (0..<shape.tokens).map { shape.row(galaxy, $0) }
            let alone = attend(
                Kernels[table], one, rows.flatMap { qkv[$0 * 3 * shape.width..<($0 + 1) * 3 * shape.width] })
            let expected = rows.flatMap { together[$0 * shape.width..<($0 + 1) * shape.width] }
            #expect(alone.map(\.bitPattern) == expected.map(\.bitPattern), "galaxy \(galaxy)")
        }
    }

    @Test(arguments: Kernels.tables) func noNumberStaysNone(table: Int) {
        let shape = Self.shapes[0]
        var numbers = SeededNumbers(seed: 9)
        var qkv = numbers.floats(shape.rows * 3 * shape.width)
        // One key of the first head of the first galaxy: all of that galaxy's queries meet it there.
        qkv[5 * 3 * shape.width + shape.width] = .nan
        let out = attend(Kernels[table], shape, qkv)
        for galaxy in 0..<shape.galaxies {
            for token in 0..<shape.tokens {
                for column in 0..<shape.width {
                    let isSpoiled = out[shape.row(galaxy, token) * shape.width + column].isNaN
                    #expect(isSpoiled == (galaxy == 0 && column % shape.heads == 0), "\(galaxy), \(token), \(column)")
                }
            }
        }
    }

    private func attend(_ kernels: Kernels, _ shape: Shape, _ qkv: [Float], isRough: Bool = false) -> [Float] {
        let (ldQKV, ldOut) = (3 * shape.width + 3, shape.width + 5)
        let from = GuardedFloats(rows: qkv, width: 3 * shape.width, stride: ldQKV)
        let to = GuardedFloats(count: max(0, (shape.rows - 1) * ldOut + shape.width))
        let scratch = GuardedFloats(count: kernels.attention_scratch(shape.patches))
        var task = ck_attention_t(
            qkv: from.start, ld_qkv: ldQKV, out: to.start, ld_out: ldOut, galaxies: shape.galaxies,
            patches: shape.patches, heads: shape.heads, head_size: shape.headSize, rough: isRough,
            scratch: scratch.start)
        kernels.attention(&task)
        #expect(to.isIntactAround(rows: shape.rows, width: shape.width, stride: ldOut))
        #expect(scratch.isIntactAround)
        return to.rows(shape.rows, width: shape.width, stride: ldOut)
    }

    private func check(
        _ out: [Float], _ qkv: [Float], _ shape: Shape, galaxy: Int, head: Int, scale: Double,
        own: Double, _ title: String
    ) {
        func value(_ token: Int, _ part: Int, _ feature: Int) -> Double {
            Double(
                qkv[
                    shape.row(galaxy, token) * 3 * shape.width + part * shape.width + feature * shape.heads + head])
        }
        let features = 0..<shape.headSize
        for query in 0..<shape.tokens {
            let scores = (0..<shape.tokens).map { key in
                features.map { value(query, 0, $0) * value(key, 1, $0) }.reduce(0, +)
            }
            let weights = Plain.softmax(scores)
            // An error d of the scores changes weights by a share of 2 d; scores are sums of terms up to `scale`.
            // Values are at most 1, the exponential's own error (2e-7, or a rough 8e-5) counts twice, and the mix is a
            // sum of `tokens` terms.
            let error = Tolerance.sum(terms: shape.headSize, magnitude: scale * Double(shape.headSize))
            let allowed = 2 * error + own + Tolerance.sum(terms: shape.tokens, magnitude: 1)
            for feature in features {
                let expected = (0..<shape.tokens).map { weights[$0] * value($0, 2, feature) }.reduce(0, +)
                let actual = Double(out[shape.row(galaxy, query) * shape.width + feature * shape.heads + head])
                #expect(
                    abs(actual - expected) <= allowed,
                    "\(title): galaxy \(galaxy), head \(head), query \(query), feature \(feature), scale \(scale)")
            }
        }
    }
}
