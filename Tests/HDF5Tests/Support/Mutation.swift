import TestSupport

/// Damage to a file's bytes that follows from its number alone.
enum Mutation {
    static func apply(_ number: Int, to bytes: [UInt8]) -> [UInt8] {
        var generator = SeededNumbers(seed: UInt64(number))
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
