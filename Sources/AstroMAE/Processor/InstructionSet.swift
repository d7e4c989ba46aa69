import CKernels

/// One instruction set's kernels, as this processor offers them.
public struct InstructionSet: Sendable, CustomStringConvertible {
    /// The table of kernels; it lives as long as the program.
    nonisolated(unsafe) let kernels: UnsafePointer<ck_kernels_t>
    /// Whether products of bfloat16 are computed as float32, with the same bits: some processors have an instruction
    /// for them that is slower.
    public let widensBFloat16: Bool

    init(kernels: UnsafePointer<ck_kernels_t>, widensBFloat16: Bool = false) {
        self.kernels = kernels
        self.widensBFloat16 = widensBFloat16 || kernels.pointee.bfloat16 == CK_WIDE_BFLOAT16
    }

    /// What this processor offers, the plainest first and the widest last.
    private static let offered: [InstructionSet] = (0...)
        .lazy.map { ck_available($0) }.prefix { $0 != nil }.map { InstructionSet(kernels: $0!) }

    /// What this processor can run, the plainest first and the widest last. Never empty.
    public static let available = offered.filter { set in !faulty.contains { $0.level == set.level } }

    /// What it offers and nothing uses, since tiles multiply otherwise than vectors: so does what emulates a processor
    /// wrongly, and only the redshifts would show it.
    public static let faulty = offered.filter { set in
        set.usesTiles && !offered.last { !$0.usesTiles }!.multiplies(like: set)
    }

    /// The short names of the levels of this architecture, the plainest first.
    public static let names: [String] = (0...)
        .lazy.map { ck_level_option($0) }.prefix { $0 != nil }.map { String(cString: $0!) }

    /// The place among the levels of this architecture, 0 for the plainest; a processor may lack some of them.
    public var level: Int { Int(kernels.pointee.level) }

    /// The widest instruction set of this processor up to the level of that name; the widest of all for an unknown
    /// name.
    public static func widest(upTo name: String) -> InstructionSet {
        let limit = names.firstIndex(of: name) ?? .max
        return available.last { $0.level <= limit } ?? available[0]
    }

    /// The widest instruction set of this processor.
    public static var widest: InstructionSet { available[available.count - 1] }

    /// Whether products of fewer bits are computed by tiles; all else is as at the level in front of it.
    public var usesTiles: Bool { kernels.pointee.tiles }

    /// The other way of computing bfloat16, where this level has two. Without its tiles a level is the one in front of
    /// it.
    public var otherWay: InstructionSet? {
        kernels.pointee.bfloat16 == CK_WIDE_BFLOAT16 || usesTiles
            ? nil : InstructionSet(kernels: kernels, widensBFloat16: !widensBFloat16)
    }

    /// The name that results record: `AMX`, `AVX-512 BF16`, `AVX-512 VNNI`, `AVX-512`, `AVX-VNNI` or `AVX2`; on 64-bit
    /// Arm `NEON I8MM BF16`, `NEON DOTPROD` or `NEON`; `portable`.
    public var description: String { String(cString: kernels.pointee.name) }

    /// The form of bfloat16 that products take.
    var bfloat16: NumberFormat { widensBFloat16 ? .wideBFloat16 : .bfloat16 }

    /// The form of bytes that products take.
    var int8: NumberFormat { NumberFormat(rawValue: kernels.pointee.int8.rawValue) ?? .wideInt8 }

    /// Floats in one vector.
    var lanes: Int { kernels.pointee.lanes }

    /// Columns of one panel of packed weights.
    var panel: Int { kernels.pointee.panel }

    /// `count` rounded up to whole vectors.
    func padded(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }
}
