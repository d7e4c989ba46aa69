import CKernels
import TestSupport
import Testing

/// What the core can do at best is measured with numbers that no processor is slow at.
@Suite struct PeakTests {
    /// Denormal numbers stay denormal or are lost beside normal ones, and infinities stay: a sum that is right to the
    /// last unit has never met one.
    @Test(arguments: Kernels.tables, Words.kinds) func sumsStayWholeNumbers(table: Int, kind: UInt32) {
        for format in Kernels[table].forms(kind) { check(Kernels[table], format) }
    }

    private func check(_ kernels: Kernels, _ format: ck_format) {
        for rounds in kernels.isSlow ? [1, 20_000] : [1, 20_000, 1 << 22] {
            let memory = GuardedFloats(count: 2)
            let sums = UnsafeMutableRawPointer(memory.start).assumingMemoryBound(to: Double.self)
            let operations = kernels.peak(format, rounds, sums)
            // Tiles do 16 rounds at once, in four sums.
            let isByTiles = kernels.tiles && Words.perWord(format) > 1
            let words = isByTiles ? 4 * 16 * 16 * 16 * ((rounds + 15) / 16) : kernels.lanes * 12 * rounds
            let products = Double(words * Words.perWord(format))
            #expect(operations == 2 * products && sums.pointee == products, "\(kernels.title): \(rounds) rounds")
            #expect(memory.isIntactAround)
        }
    }
}
