import CKernels
import TestSupport
import Testing

/// What the core can do at best is measured with numbers that no processor is slow at.
@Suite struct PeakTests {
    /// Denormal numbers stay denormal or are lost beside normal ones, and infinities stay: a sum that is right to the
    /// last unit has never met one.
    @Test(arguments: Kernels.tables, Words.formats) func sumsStayWholeNumbers(table: Int, format: UInt32) {
        let kernels = Kernels[table]
        for rounds in kernels.isSlow ? [1, 20_000] : [1, 20_000, 1 << 22] {
            let memory = GuardedFloats(count: 2)
            let sums = UnsafeMutableRawPointer(memory.start).assumingMemoryBound(to: Double.self)
            let operations = kernels.peak(ck_format(format), rounds, sums)
            let products = Double(kernels.lanes * 12 * rounds * Words.perWord(ck_format(format)))
            #expect(operations == 2 * products && sums.pointee == products, "\(kernels.title): \(rounds) rounds")
            #expect(memory.isIntactAround)
        }
    }
}
