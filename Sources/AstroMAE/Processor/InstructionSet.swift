import CKernels

/// One instruction set's kernels, as this processor offers them.
public struct InstructionSet: Sendable, CustomStringConvertible {
    /// The table of kernels; it lives as long as the program.
    nonisolated(unsafe) let kernels: UnsafePointer<ck_kernels_t>

    /// What this processor can run, the plainest first and the widest last. Never empty.
    public static let available: [InstructionSet] = (0...)
        .lazy.map { ck_available($0) }.prefix { $0 != nil }.map { InstructionSet(kernels: $0!) }

    /// The short names of the levels that this program was built for, the plainest first.
    public static let names = ["portable", "avx2", "avx512", "avx512-vnni", "avx512-bf16"]

    /// The place among the levels of this architecture, 0 for the plainest.
    public var level: Int { Self.available.firstIndex { $0.kernels == kernels } ?? 0 }

    /// The widest instruction set of this processor up to the level of that name; the widest of all for an unknown
    /// name.
    public static func widest(upTo name: String) -> InstructionSet {
        available[min(names.firstIndex(of: name) ?? .max, available.count - 1)]
    }

    /// The widest instruction set of this processor.
    public static var widest: InstructionSet { available[available.count - 1] }

    /// The name that results record: `AVX-512 BF16`, `AVX-512 VNNI`, `AVX-512`, `AVX2`, `NEON` or `portable`.
    public var description: String { String(cString: kernels.pointee.name) }

    /// Floats in one vector.
    var lanes: Int { kernels.pointee.lanes }

    /// Columns of one panel of packed weights.
    var panel: Int { kernels.pointee.panel }

    /// `count` rounded up to whole vectors.
    func padded(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }
}
