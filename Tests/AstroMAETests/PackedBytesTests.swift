import AstroMAE
import TestSupport
import Testing

/// Packed weights are kept between starts of the program under the key of their layout: whatever changes them must
/// change the key.
@Suite struct PackedBytesTests {
    /// FNV-1a of what the small network is packed into, by the key of the layout. When the bytes of a key that stands
    /// here have changed, raise `PreparedNetwork.layoutVersion`; then write down what the test says.
    private static let known: [String: UInt64] = [
        "version 1, f32, portable, vectors of 4, panels of 8, 61568 bytes": 0x8e3a_bfcb_e808_3bf7,
        "version 1, bf16, portable, vectors of 4, panels of 8, 35072 bytes": 0x57e7_6aa5_d341_aa8a,
        "version 1, int8, portable, vectors of 4, panels of 8, 32256 bytes": 0x2894_9f2f_a12f_b881,
        "version 1, f32, AVX2, vectors of 8, panels of 16, 75520 bytes": 0x39a1_b162_57b9_a4eb,
        "version 1, bf16, AVX2, vectors of 8, panels of 16, 43136 bytes": 0x5497_74f8_fba0_0892,
        "version 1, int8, AVX2, vectors of 8, panels of 16, 39680 bytes": 0x8397_c31f_3f8f_1de5,
        "version 1, f32, AVX-512, vectors of 16, panels of 32, 102656 bytes": 0xd3e6_2b4b_d01f_a3bf,
        "version 1, bf16, AVX-512, vectors of 16, panels of 32, 59392 bytes": 0xaab1_f3e7_2d34_9806,
        "version 1, int8, AVX-512, vectors of 16, panels of 32, 55168 bytes": 0xab2d_5d72_6f30_ef0d,
        "version 1, f32, AVX-512 VNNI, vectors of 16, panels of 32, 102656 bytes": 0xd3e6_2b4b_d01f_a3bf,
        "version 1, bf16, AVX-512 VNNI, vectors of 16, panels of 32, 59392 bytes": 0xaab1_f3e7_2d34_9806,
        "version 1, int8, AVX-512 VNNI, vectors of 16, panels of 32, 55168 bytes": 0xab2d_5d72_6f30_ef0d,
        "version 1, f32, AVX-512 BF16, vectors of 16, panels of 32, 102656 bytes": 0xd3e6_2b4b_d01f_a3bf,
        "version 1, bf16, AVX-512 BF16, vectors of 16, panels of 32, 59392 bytes": 0xaab1_f3e7_2d34_9806,
        "version 1, int8, AVX-512 BF16, vectors of 16, panels of 32, 55168 bytes": 0xab2d_5d72_6f30_ef0d,
    ]

    @Test(arguments: InstructionSet.available.indices, Precision.allCases)
    func bytesThatChangeHaveAnotherKey(set: Int, precision: Precision) throws {
        for way in InstructionSet.available[set].ways(for: precision) { try check(way, precision) }
    }

    private func check(_ instructionSet: InstructionSet, _ precision: Precision) throws {
        let weights = try WeightsFile(Repository.fixture("small-weights.h5"))
        let key = PreparedNetwork.layoutKey(of: weights.shape, precision, for: instructionSet)
        let count = PreparedNetwork.byteCount(of: weights.shape, precision, for: instructionSet)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        try PreparedNetwork.pack(weights, precision, for: instructionSet, into: memory)
        let hash = memory.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        // Of Arm nobody has written them down.
        guard !instructionSet.description.contains("NEON") else { return }
        #expect(Self.known[key] == hash, "now \"\(key)\": 0x\(String(hash, radix: 16)),")
    }

    @Test func noTwoLayoutsHaveOneKey() throws {
        let shape = try WeightsFile(Repository.fixture("small-weights.h5")).shape
        let keys = InstructionSet.available.flatMap { set in
            Precision.allCases.flatMap { precision in
                set.ways(for: precision).map { PreparedNetwork.layoutKey(of: shape, precision, for: $0) }
            }
        }
        #expect(Set(keys).count == keys.count)
    }
}
