import Testing

import PhotozElementary

/// Random numbers that depend on their place alone.
@Suite struct CounterBasedNumbersTests {
    /// The known answers that come with the authors' Random123 library.
    @Test func publishedBlocks() {
        let all = UInt32.max
        #expect(
            CounterBasedNumbers.block([0, 0, 0, 0], key: [0, 0])
                == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
        #expect(
            CounterBasedNumbers.block([all, all, all, all], key: [all, all])
                == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
        #expect(
            CounterBasedNumbers.block(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], key: [0xa409_3822, 0x299f_31d0])
                == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    @Test func sequencesDiffer() {
        var seen: Set<[UInt32]> = []
        for (seed, galaxy, stream) in [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (1 << 32, 0, 0), (1, 1 << 32, 0)] {
            var numbers = CounterBasedNumbers(seed: UInt64(seed), galaxy: UInt64(galaxy), stream: UInt32(stream))
            seen.insert((0..<8).map { _ in numbers.word() })
        }
        #expect(seen.count == 6)
    }

    @Test func uniformNumbersFillTheInterval() {
        var numbers = CounterBasedNumbers(seed: 7, galaxy: 3, stream: 0)
        var counts = [Int](repeating: 0, count: 16)
        for _ in 0..<160_000 { counts[Int(numbers.uniform() * 16)] += 1 }
        // 10 000 each, with a standard deviation of 97.
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 }, "\(counts)")
    }
}
