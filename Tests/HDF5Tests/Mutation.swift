/// A small generator whose numbers follow from its seed alone (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}

/// Damage to a file's bytes that follows from its number alone.
enum Mutation {
    static func apply(_ number: Int, to bytes: [UInt8]) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(number))
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = 0xff
            case 2: bytes[place] = 0
            default: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
            }
        }
        return bytes
    }
}
