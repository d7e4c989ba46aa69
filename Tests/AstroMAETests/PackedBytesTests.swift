import AstroMAE
import TestSupport
import Testing

/// Packed weights are kept between starts of the program under the key of their layout: whatever changes them must
/// change the key.
@Suite struct PackedBytesTests {
    /// FNV-1a of what the small network is packed into, by the key of the layout. When the bytes of a key that stands
    /// here have changed, raise `PreparedNetwork.layoutVersion`; then write down what the test says.
    private static let known: [String: UInt64] = [
        "version 1, f32, portable, float32+float32, vectors of 4, panels of 8, 61568 bytes":
            0x8e3a_bfcb_e808_3bf7,
        "version 1, bf16, portable, wideBFloat16+wideBFloat16, vectors of 4, panels of 8, 61568 bytes":
            0x001c_4b2c_5a3e_dd2e,
        "version 1, int8, portable, wideInt8+wideBFloat16, vectors of 4, panels of 8, 42880 bytes":
            0x1271_4ea7_782c_bc91,
        "version 1, f32, AVX2, float32+float32, vectors of 8, panels of 16, 75520 bytes":
            0x39a1_b162_57b9_a4eb,
        "version 1, bf16, AVX2, wideBFloat16+wideBFloat16, vectors of 8, panels of 16, 75520 bytes":
            0x99b6_0050_5d5a_5c5a,
        "version 1, int8, AVX2, wideInt8+wideBFloat16, vectors of 8, panels of 16, 55424 bytes":
            0xb032_0f4b_f991_81e1,
        "version 1, f32, AVX-VNNI, float32+float32, vectors of 8, panels of 16, 75520 bytes":
            0x39a1_b162_57b9_a4eb,
        "version 1, bf16, AVX-VNNI, wideBFloat16+wideBFloat16, vectors of 8, panels of 16, 75520 bytes":
            0x99b6_0050_5d5a_5c5a,
        "version 1, int8, AVX-VNNI, int8+wideBFloat16, vectors of 8, panels of 16, 43776 bytes":
            0x5659_618f_a1f4_586f,
        "version 1, f32, AVX-512, float32+float32, vectors of 16, panels of 32, 102656 bytes":
            0xd3e6_2b4b_d01f_a3bf,
        "version 1, bf16, AVX-512, wideBFloat16+wideBFloat16, vectors of 16, panels of 32, 102656 bytes":
            0x2cbd_12a5_2c2e_9d6a,
        "version 1, int8, AVX-512, wideInt8+wideBFloat16, vectors of 16, panels of 32, 81024 bytes":
            0x3d70_14f5_10bf_f0d1,
        "version 1, f32, AVX-512 VNNI, float32+float32, vectors of 16, panels of 32, 102656 bytes":
            0xd3e6_2b4b_d01f_a3bf,
        "version 1, bf16, AVX-512 VNNI, wideBFloat16+wideBFloat16, vectors of 16, panels of 32, 102656 bytes":
            0x2cbd_12a5_2c2e_9d6a,
        "version 1, int8, AVX-512 VNNI, int8+wideBFloat16, vectors of 16, panels of 32, 68608 bytes":
            0xca06_ad7e_5e13_477f,
        "version 1, f32, AVX-512 BF16, float32+float32, vectors of 16, panels of 32, 102656 bytes":
            0xd3e6_2b4b_d01f_a3bf,
        "version 1, bf16, AVX-512 BF16, bfloat16+bfloat16, vectors of 16, panels of 32, 59392 bytes":
            0xa7f4_9ce6_a34c_4ce2,
        "version 1, bf16, AVX-512 BF16, wideBFloat16+wideBFloat16, vectors of 16, panels of 32, 102656 bytes":
            0x2cbd_12a5_2c2e_9d6a,
        "version 1, int8, AVX-512 BF16, int8+bfloat16, vectors of 16, panels of 32, 50176 bytes":
            0x9e6c_3af5_7b7a_e643,
        "version 1, int8, AVX-512 BF16, int8+wideBFloat16, vectors of 16, panels of 32, 68608 bytes":
            0xca06_ad7e_5e13_477f,
    ]

    @Test(arguments: InstructionSet.available.indices, Precision.allCases)
    func bytesThatChangeHaveAnotherKey(set: Int, precision: Precision) throws {
        for way in InstructionSet.available[set].ownWays(for: precision) { try check(way, precision) }
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
                set.ownWays(for: precision).map { PreparedNetwork.layoutKey(of: shape, precision, for: $0) }
            }
        }
        #expect(Set(keys).count == keys.count)
    }
}
