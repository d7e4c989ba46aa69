import CKernels
import Foundation
import Testing

/// The kernels of one instruction set, as functions that tests call; where they run is their own business.
///
/// Names and arguments are those of `ck_kernels_t`.
struct Kernels: @unchecked Sendable {  // functions without a state, or calls of a process that takes them one by one
    typealias Floats = UnsafePointer<Float>
    typealias Results = UnsafeMutablePointer<Float>

    let title: String
    /// Floats in one vector.
    let lanes: Int
    /// The narrowest forms that products take.
    let bfloat16, int8: ck_format
    /// Whether products of fewer bits are computed by tiles.
    let tiles: Bool
    /// Whether calls are so slow that a test should make few of large ones.
    let isSlow: Bool
    let matmul: (UnsafePointer<ck_matmul_t>) -> Void
    let convert: (Floats, Int, UnsafePointer<ck_rows_t>, Int, Int) -> Void
    let layer_norm: (Floats, Int, UnsafePointer<ck_rows_t>, Int, Int, Float) -> Void
    let attention_scratch: (Int) -> Int
    let attention: (UnsafePointer<ck_attention_t>) -> Void
    let pcm: (UnsafePointer<ck_pcm_t>) -> Void
    let wide_linear: (Floats, Int, Int, Floats, Floats, Results, Int, Int, ck_activation) -> Void
    let mean_rows: (Floats, Int, Int, Results, Int, Int, Int) -> Void
    let average_pool: (Floats, Results, Int, Int) -> Void
    let max_pool: (Floats, Results, Int, Int) -> Void
    let activate: (Results, Int, ck_activation) -> Void
    let product:
        (
            UnsafePointer<Double>, Int, UnsafePointer<Double>, UnsafeMutablePointer<Double>, Int, Int, Int,
            UnsafeMutablePointer<Double>
        ) -> Void
    let peak: (ck_format, Int, UnsafeMutablePointer<Double>) -> Double

    /// Columns of a weight panel.
    var panel: Int { 2 * lanes }

    /// Indices of the tables under test: those that this processor can run, the plainest first; the same ones under the
    /// sanitizers, tiles by their model; and those of 64-bit Arm under an emulator, where the processor is of another
    /// kind.
    static let tables = Array(all.indices)

    /// How many of them run in the test process itself.
    static let nativeCount = (0...).lazy.prefix { ck_available(Int32($0)) != nil }.count

    static subscript(table: Int) -> Kernels { all[table] }

    private static let all: [Kernels] =
        (0..<nativeCount).map { Kernels(ck_available(Int32($0))!.pointee) }
        + vectors.map { level in
            let name = String(cString: ck_available(Int32(level))!.pointee.name)
            return Kernels(RemoteKernels(.sanitized, level: level), title: "\(name), sanitized")
        } + emulated

    /// Those that this processor runs without tiles, which are the last of all.
    private static let vectors = (0..<nativeCount).filter { !ck_available(Int32($0))!.pointee.tiles }

    #if arch(arm64)
        private static let emulated: [Kernels] = []
    #else
        private static let emulated =
            [Kernels(RemoteKernels(.sanitized, level: vectors.count), title: "AMX, modelled")]
            + KernelServer.armLevels.enumerated().map { level, arm in
                Kernels(
                    RemoteKernels(.emulatedArm, processor: arm.processor, level: level), title: "\(arm.name), emulated")
            }
    #endif
}

extension Kernels {
    /// Those that this process can run.
    init(_ table: ck_kernels_t) {
        title = String(cString: table.name)
        lanes = table.lanes
        (bfloat16, int8, tiles) = (table.bfloat16, table.int8, table.tiles)
        isSlow = false
        matmul = { table.matmul($0) }
        convert = { table.convert($0, $1, $2, $3, $4) }
        layer_norm = { table.layer_norm($0, $1, $2, $3, $4, $5) }
        attention_scratch = { table.attention_scratch($0) }
        attention = { table.attention($0) }
        pcm = { table.pcm($0) }
        wide_linear = { table.wide_linear($0, $1, $2, $3, $4, $5, $6, $7, $8) }
        mean_rows = { table.mean_rows($0, $1, $2, $3, $4, $5, $6) }
        average_pool = { table.average_pool($0, $1, $2, $3) }
        max_pool = { table.max_pool($0, $1, $2, $3) }
        activate = { table.activate($0, $1, $2) }
        product = { table.product($0, $1, $2, $3, $4, $5, $6, $7) }
        peak = { table.peak($0, $1, $2) }
    }

    /// Those that another process runs.
    init(_ remote: RemoteKernels, title: String) {
        self.title = title
        lanes = remote.lanes
        (bfloat16, int8, tiles) = (remote.bfloat16, remote.int8, remote.tiles)
        isSlow = true
        matmul = { remote.call(.matmul, $0.pointee.arguments) }
        convert = { x, ldx, y, rows, width in
            remote.call(
                .convert,
                [.input(x), .number(ldx)] + y.pointee.arguments(isInput: false)
                    + [.number(rows), .number(width)])
        }
        layer_norm = { x, ldx, y, rows, width, eps in
            remote.call(
                .layerNorm,
                [.input(x), .number(ldx)] + y.pointee.arguments(isInput: false)
                    + [.number(rows), .number(width), .float(eps)])
        }
        attention_scratch = { remote.call(.attentionScratch, [.number($0)]) }
        attention = { remote.call(.attention, $0.pointee.arguments) }
        pcm = { remote.call(.pcm, $0.pointee.arguments) }
        wide_linear = { x, rows, inputs, w, bias, y, ldy, width, activation in
            remote.call(
                .wideLinear,
                [
                    .input(x), .number(rows), .number(inputs), .input(w), .input(bias), .output(y), .number(ldy),
                    .number(width), .activation(activation),
                ])
        }
        mean_rows = { x, ldx, count, y, ldy, rows, width in
            remote.call(
                .meanRows,
                [.input(x), .number(ldx), .number(count), .output(y), .number(ldy), .number(rows), .number(width)])
        }
        average_pool = { remote.call(.averagePool, [.input($0), .output($1), .number($2), .number($3)]) }
        max_pool = { remote.call(.maxPool, [.input($0), .output($1), .number($2), .number($3)]) }
        activate = { remote.call(.activate, [.output($0), .number($1), .activation($2)]) }
        product = { a, lda, b, c, m, n, k, scratch in
            remote.call(
                .product,
                [
                    .input(a), .number(lda), .input(b), .output(c), .number(m), .number(n), .number(k),
                    .output(scratch),
                ])
        }
        peak = { format, rounds, sums in
            Double(remote.call(.peak, [.number(Int(format.rawValue)), .number(rounds), .output(sums)]))
        }
    }
}

extension Kernels {
    /// The forms of a kind of numbers that products take.
    func forms(_ kind: UInt32) -> [ck_format] {
        switch ck_format(kind) {
        case CK_FLOAT32: [CK_FLOAT32]
        case CK_BFLOAT16: bfloat16 == CK_WIDE_BFLOAT16 ? [bfloat16] : [bfloat16, CK_WIDE_BFLOAT16]
        default: [int8]
        }
    }

    /// `count` rounded up to whole vectors.
    func padded(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

    /// Each of the rows [rows][width] padded with zeros to whole vectors.
    func padded(_ values: [Float], width: Int) -> [Float] {
        var result = [Float](repeating: 0, count: values.count / width * padded(width))
        for (index, value) in values.enumerated() { result[index / width * padded(width) + index % width] = value }
        return result
    }

    /// A matrix [taps * depth][columns] as the products take it, written from the words of the header: panels of
    /// `panel` columns, the last one rounded up to whole vectors, each word by word for every tap.
    func packed(
        _ matrix: [Float], taps: Int = 1, depth: Int, columns: Int, _ format: ck_format = CK_FLOAT32
    ) -> [Float] {
        var result: [Float] = []
        for first in stride(from: 0, to: columns, by: panel) {
            let width = min(panel, padded(columns - first))
            for tap in 0..<taps {
                for start in stride(from: 0, to: depth, by: Words.perWord(format)) {
                    let rows = (start..<min(start + Words.perWord(format), depth)).map { tap * depth + $0 }
                    for column in first..<first + width {
                        let numbers = rows.map { column < columns ? matrix[$0 * columns + column] : 0 }
                        result.append(Words.word(numbers, format, zero: nil))
                    }
                }
            }
        }
        return result
    }
}

/// What every processor must offer.
@Suite struct TableTests {
    @Test func tablesGoFromThePlainestToTheWidest() {
        let native = (0..<Kernels.nativeCount).map { ck_available(Int32($0))!.pointee }
        #expect(native.first?.lanes == 4 && native.map(\.lanes) == native.map(\.lanes).sorted())
        #expect(native.allSatisfy { $0.panel == 2 * $0.lanes })
        #expect(native.map(\.level) == native.map(\.level).sorted() && Set(native.map(\.level)).count == native.count)
        #expect(
            native.allSatisfy { ck_level_option($0.level).map { String(cString: $0) } == String(cString: $0.option) })
        #expect(Set(Kernels.tables.map { Kernels[$0].title }).count == Kernels.tables.count)
    }

    #if !arch(arm64)
        /// A server ends at once, with 1, when its processor lacks the level.
        @Test func armProcessorsOfferWhatTheyHave() throws {
            for (has, arm) in KernelServer.armLevels.enumerated() {
                for level in 0...KernelServer.armLevels.count {
                    let command = try KernelServer.emulatedArm.command(processor: arm.processor)
                    let server = Process()
                    server.executableURL = URL(fileURLWithPath: command[0])
                    server.arguments = command.dropFirst() + ["\(level)"]
                    (server.standardInput, server.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
                    try server.run()
                    server.waitUntilExit()
                    #expect((server.terminationStatus == 0) == (level <= has), "\(arm.processor), level \(level)")
                }
            }
            let tables = Kernels.tables.suffix(KernelServer.armLevels.count).map { Kernels[$0] }
            #expect(tables.map(\.int8) == [CK_WIDE_INT8, CK_INT8, CK_INT8])
            #expect(tables.map(\.bfloat16) == [CK_WIDE_BFLOAT16, CK_WIDE_BFLOAT16, CK_BFLOAT16])
        }
    #endif

    @Test(arguments: [-1, 8, 1000] as [Int32]) func thereIsNothingPastTheEnd(index: Int32) {
        #expect(ck_available(index) == nil && ck_level_option(index) == nil)
    }
}
