import CKernels
import TestSupport
import Testing

/// Matrix products of every shape against plain loops, at every instruction set.
@Suite struct MatmulTests {
    static let activations = [CK_IDENTITY, CK_RELU, CK_GELU, CK_SILU]

    /// Products of the network, as (n, k): qkv, projection, MLP, patches, heads, magnitudes, joined, and those of the
    /// Inception branch, whose k is that of one window.
    static let layers = [
        (576, 192), (192, 192), (768, 192), (192, 768), (192, 320), (1096, 192), (1096, 1096), (1024, 1024),
        (1024, 3216), (1024, 1096), (1, 1024), (1024, 5), (32, 5), (48, 32), (48, 64), (24, 64), (24, 32), (16, 32),
        (16, 64), (16, 16), (8, 32), (8, 64), (8, 8), (8, 4), (4, 32), (4, 4), (4, 16), (1, 4), (5, 320), (320, 1),
    ]

    /// Rows of a product of the network: tokens of up to 14 galaxies, and galaxies in the heads.
    @Test(arguments: layers) func layersOfTheNetwork(n: Int, k: Int) {
        for kind in Words.kinds { check(n: n, k: k, kind) }
    }

    private func check(n: Int, k: Int, _ kind: UInt32) {
        var numbers = SeededNumbers(seed: UInt64(n * 10_000 + k))
        // The widest layers serve galaxies, of which there are at most 112; the others tokens as well.
        let most = n * k > 500_000 ? 112 : 238
        let a = Words.representable(numbers.floats(most * k), ck_format(kind))
        let b = Words.representable(numbers.floats(k * n), ck_format(kind))
        let sums = Plain.product(a, b, m: most, n: n, k: k)
        var whole = Matmul(m: most, n: n, k: k, bias: numbers.floats(n))
        whole.rowScales = numbers.floats(most, in: 0.001...0.01)
        whole.columnScales = numbers.floats(n, in: 0.001...0.01)
        // Levels of as many lanes take the same words.
        var packed: [[Int]: Matmul.Weights] = [:]
        let forms = Kernels.tables.flatMap { table in Kernels[table].forms(kind).map { (Kernels[table], $0) } }
        for (kernels, format) in forms {
            whole.format = format
            whole.m = kernels.isSlow ? 40 : most
            let layout = [kernels.lanes, Int(format.rawValue)]
            let weights = packed[layout] ?? whole.packed(b, for: kernels)
            packed[layout] = weights
            let c = whole.run(kernels, Array(a[..<(whole.m * k)]), weights)
            let worst = whole.worst(c, sums)
            #expect(worst <= 1, "\(kernels.title): \(worst) times the bound")
            // A row has the same bits in whatever company: that makes predictions independent of batches. Tiles have up
            // to 14 rows, and 28 are two of them.
            let isWide = n * k > 500_000
            let usual = isWide ? [1, 13, 14, 15, 29, 111] : Array(1...16) + [27, 28, 29, 40, 112]
            let few = isWide ? [13] : [1, 7, 13, 29]
            for m in kernels.isSlow ? few : usual {
                var part = whole
                part.m = m
                let first = (whole.m - m) / 2
                part.rowScales = Array(whole.rowScales[first..<first + m])
                let rows = part.run(kernels, Array(a[first * k..<(first + m) * k]), weights)
                #expect(
                    rows.map(\.bitPattern) == c[first * n..<(first + m) * n].map(\.bitPattern),
                    "\(kernels.title): \(m) rows")
            }
        }
    }

    @Test(arguments: Kernels.tables, Words.kinds) func oddShapes(table: Int, kind: UInt32) {
        for format in Kernels[table].forms(kind) { oddShapes(Kernels[table], format) }
    }

    private func oddShapes(_ kernels: Kernels, _ format: ck_format) {
        let (lanes, panel) = (kernels.lanes, kernels.panel)
        let widths = Set([0, 1, 3, lanes - 1, lanes, lanes + 1, panel - 1, panel, panel + 1, 33, 2 * panel + 1])
        var numbers = SeededNumbers(seed: 2)
        for n in widths.sorted() {
            for k in [0, 1, 7, 33] {
                let b = Words.representable(numbers.floats(k * n), format)
                for m in [0, 1, 2, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 28, 29, 33] {
                    let a = Words.representable(numbers.floats(m * k), format)
                    let sums = Plain.product(a, b, m: m, n: n, k: k)
                    // Calls of another process: one activation after another, from shape to shape.
                    let turn = (m + n + k) % Self.activations.count
                    for (index, activation) in Self.activations.enumerated() where !kernels.isSlow || index == turn {
                        var task = Matmul(m: m, n: n, k: k, format: format, activation: activation)
                        task.rowScales = numbers.floats(m, in: 0.001...0.01)
                        task.columnScales = numbers.floats(n, in: 0.001...0.01)
                        // Alignments and spaces vary with the shape; every combination with a bias and without one.
                        task.gap = (m + n) % 4
                        task.space = (m + k + index) % 3 * 5
                        check(task, kernels, a, b, sums)
                        task.bias = numbers.floats(n)
                        check(task, kernels, a, b, sums)
                        task.old = numbers.floats(m * n)
                        check(task, kernels, a, b, sums)
                        task.bias = nil
                        check(task, kernels, a, b, sums)
                    }
                }
            }
        }
    }

    @Test(arguments: Kernels.tables, Words.kinds) func resultsInBFloat16AreTheRoundedOnes(table: Int, kind: UInt32) {
        for format in Kernels[table].forms(kind) { checkRounded(Kernels[table], format) }
    }

    private func checkRounded(_ kernels: Kernels, _ format: ck_format) {
        var numbers = SeededNumbers(seed: 4)
        for (m, n, k) in [(1, 1, 1), (15, 33, 7), (29, 64, 16), (5, 47, 12)] {
            let a = Words.representable(numbers.floats(m * k), format)
            let b = Words.representable(numbers.floats(k * n), format)
            for activation in Self.activations {
                var task = Matmul(m: m, n: n, k: k, format: format, activation: activation, space: 1)
                task.rowScales = numbers.floats(m, in: 0.001...0.01)
                task.columnScales = numbers.floats(n, in: 0.001...0.01)
                task.bias = numbers.floats(n)
                let rounded = task.run(kernels, a, b).map(Words.bfloat16)
                #expect(task.runToBFloat16(kernels, a, b) == rounded, "\(kernels.title): \(m) x \(n) x \(k)")
                let wide = task.runToWideBFloat16(kernels, a, b).map(\.bitPattern)
                #expect(wide == rounded.map { UInt32($0) << 16 }, "\(kernels.title): \(m) x \(n) x \(k)")
            }
        }
    }

    /// The narrow and the wide form of a number, at every level; only reductions over lanes differ between levels, and
    /// tiles of bfloat16.
    @Test(arguments: [CK_BFLOAT16.rawValue, CK_INT8.rawValue], [1, 1e-19, 1e-22] as [Float])
    func everyFormHasTheSameBits(kind: UInt32, scale: Float) {
        // The smaller ones have products, and sums, that are denormal: the engine has none of them.
        let state = ck_flush_denormals()
        defer { ck_restore(state) }
        var numbers = SeededNumbers(seed: 5)
        let (m, n, k) = (29, 80, 77)
        let size = ck_format(kind) == CK_BFLOAT16 ? scale : 1
        let a = Words.representable(numbers.floats(m * k).map { $0 * size }, ck_format(kind))
        let b = Words.representable(numbers.floats(k * n).map { $0 * size }, ck_format(kind))
        var task = Matmul(m: m, n: n, k: k)
        task.rowScales = numbers.floats(m, in: 0.001...0.01)
        task.columnScales = numbers.floats(n, in: 0.001...0.01)
        var first: [UInt32]?
        for table in Kernels.tables {
            let kernels = Kernels[table]
            // Without a fused operation a product is rounded, to zero, before it is added.
            if scale < 1, kernels.title.hasPrefix("portable") { continue }
            for format in kernels.forms(kind) where !(kernels.tiles && format == CK_BFLOAT16) {
                task.format = format
                let bits = task.run(kernels, a, b).map(\.bitPattern)
                let isSame = bits == first ?? bits
                #expect(isSame, "\(kernels.title), format \(format.rawValue)")
                first = bits
            }
        }
    }

    /// Tiles add up in the order of their instruction, and have no denormal numbers even where others do; rows of less
    /// than 16 words take the order of all others.
    @Test(arguments: Kernels.tables.filter { Kernels[$0].tiles }, [1, 1e-19, 1e-22] as [Float])
    func sumsOfTilesHaveTheBitsOfTheirInstruction(table: Int, scale: Float) {
        var numbers = SeededNumbers(seed: 7)
        for (m, n, k) in [(29, 80, 77), (5, 17, 31), (40, 16, 64), (3, 33, 32), (35, 20, 29), (2, 3, 700)] {
            guard k > 30 || scale == 1 else { continue }
            let a = Words.representable(numbers.floats(m * k).map { $0 * scale }, CK_BFLOAT16)
            let b = Words.representable(numbers.floats(k * n).map { $0 * scale }, CK_BFLOAT16)
            let c = Matmul(m: m, n: n, k: k, format: CK_BFLOAT16).run(Kernels[table], a, b)
            let columns = (0..<n).map { column in (0..<k).map { b[$0 * n + column] } }
            let sums = (0..<m * n).map { index in
                let (row, column) = (Array(a[index / n * k..<(index / n + 1) * k]), columns[index % n])
                return k > 30
                    ? Plain.sumOfTiles(row, column)
                    : zip(row, column).reduce(Float(0)) { $0.addingProduct($1.0, $1.1) }
            }
            #expect(c == sums, "\(Kernels[table].title): \(m) x \(n) x \(k)")
        }
    }

    /// Rows that are nowhere negative have no byte to spare below zero, and others few.
    @Test(arguments: Kernels.tables, [0, 1, 100, 255]) func anyByteMayBeZero(table: Int, zero: Int) {
        let kernels = Kernels[table]
        var numbers = SeededNumbers(seed: 6)
        let (m, n, k) = (7, 40, 50)
        let a = numbers.floats(m * k).map { (($0 + 1) / 2 * 255).rounded() - Float(zero) }
        let b = Words.representable(numbers.floats(k * n), kernels.int8)
        var task = Matmul(m: m, n: n, k: k, format: kernels.int8)
        task.rowScales = numbers.floats(m, in: 0.001...0.01)
        task.columnScales = numbers.floats(n, in: 0.001...0.01)
        task.zero = { _ in zero }
        let worst = task.worst(task.run(kernels, a, b), Plain.product(a, b, m: m, n: n, k: k))
        #expect(worst <= 1, "\(kernels.title): \(worst) times the bound")
    }

    @Test(arguments: Kernels.tables) func theLongestSumOfBytes(table: Int) {
        // Numbers as large as they come, around either end.
        let kernels = Kernels[table]
        let (m, n, k) = (2, 3, Int(CK_MOST_BYTES))
        let a = (0..<m * k).map { Float($0 < k ? 255 : -255) }
        let b = (0..<k * n).map { [127, -127, 126][$0 % n] as Float }
        var task = Matmul(m: m, n: n, k: k, format: kernels.int8)
        task.zero = { 255 * $0 }
        (task.rowScales, task.columnScales) = ([1, 1], [1, 1, 1])
        let c = task.run(kernels, a, b)
        let sums = [255, -255].flatMap { x in [127, -127, 126].map { Float(x * $0 * k) } }
        #expect(c == sums, "\(kernels.title)")
    }

    @Test(arguments: Kernels.tables) func strangersDoNotMatter(table: Int) {
        // Another row may be infinite or NaN without a trace in this one.
        let kernels = Kernels[table]
        var numbers = SeededNumbers(seed: 3)
        let (m, n, k) = (29, 40, 16)
        let (a, b) = (numbers.floats(m * k), numbers.floats(k * n))
        let task = Matmul(m: m, n: n, k: k)
        let clean = task.run(kernels, a, b)
        for row in 0..<m {
            var spoiled = a
            for place in 0..<k { spoiled[row * k + place] = place % 2 == 0 ? .nan : .infinity }
            let c = task.run(kernels, spoiled, b)
            let others = (0..<m * n).filter { $0 / n != row }
            #expect(others.allSatisfy { c[$0].bitPattern == clean[$0].bitPattern }, "row \(row)")
            #expect(c[row * n..<(row + 1) * n].allSatisfy { $0.isNaN }, "row \(row)")
        }
    }

    private func check(_ task: Matmul, _ kernels: Kernels, _ a: [Float], _ b: [Float], _ sums: Plain.Sums) {
        let worst = task.worst(task.run(kernels, a, b), sums)
        #expect(
            worst <= 1,
            "\(kernels.title): \(task.m) x \(task.n) x \(task.k), activation \(task.activation.rawValue): \(worst)")
    }
}
