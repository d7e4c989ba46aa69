import TestSupport
import Testing

import Survey

/// File names in the order in which people read them.
@Suite struct NaturalOrderTests {
    @Test func numbersCountAsNumbers() {
        let names = [
            "", "1.h5", "01.h5", "2.h5", "9.h5", "10.h5", "010.h5", "11.h5", "100.h5", "a", "a1", "a1b2", "a1b10", "a2",
            "a10", "part-2-of-10.h5", "part-10-of-10.h5", "z",
        ]
        // Each pair both ways, so that the order is the whole list's.
        for (i, a) in names.enumerated() {
            for (j, b) in names.enumerated() {
                let isBefore = NaturalOrder.precedes(a, b)
                guard Set([a, b]) != ["1.h5", "01.h5"], Set([a, b]) != ["10.h5", "010.h5"] else { continue }
                #expect(isBefore == (i < j), "\(a) before \(b)")
            }
        }
    }

    @Test func leadingZerosDecideLast() {
        #expect(NaturalOrder.precedes("01.h5", "1.h5") != NaturalOrder.precedes("1.h5", "01.h5"))
        #expect(["10.h5", "2.h5", "002.h5", "1.h5"].sorted(by: NaturalOrder.precedes).first == "1.h5")
        #expect(NaturalOrder.precedes("002.h5", "10.h5") && NaturalOrder.precedes("2.h5", "0010.h5"))
    }

    @Test func numbersOfAnyLength() {
        let nines = String(repeating: "9", count: 400)
        #expect(NaturalOrder.precedes(nines, "1" + String(repeating: "0", count: 400)))
        #expect(NaturalOrder.precedes(String(repeating: "0", count: 1000) + "7", "8"))
        #expect(NaturalOrder.precedes(nines + ".h5", nines + "0.h5"))
        #expect(!NaturalOrder.precedes(nines, nines))
    }

    @Test func isATotalOrder() {
        var numbers = SeededNumbers(seed: 1)
        // Few characters, so that names share beginnings, digits and zeros.
        let alphabet = Array("0019a.é")
        let names = Set(
            (0..<150).map { _ in
                String(
                    (0..<Int.random(in: 0...6, using: &numbers)).map { _ in alphabet.randomElement(using: &numbers)! })
            })
        for a in names {
            #expect(!NaturalOrder.precedes(a, a))
            for b in names where a != b {
                #expect(NaturalOrder.precedes(a, b) != NaturalOrder.precedes(b, a), "\(a), \(b)")
                guard NaturalOrder.precedes(a, b) else { continue }
                let broken = names.first { NaturalOrder.precedes(b, $0) && !NaturalOrder.precedes(a, $0) }
                #expect(broken == nil, "\(a) < \(b) < \(broken ?? "")")
            }
        }
        let sorted = names.sorted(by: NaturalOrder.precedes)
        for _ in 0..<20 {
            let shuffled = names.shuffled(using: &numbers)
            #expect(shuffled.sorted(by: NaturalOrder.precedes) == sorted && NaturalOrder.sorted(shuffled) == sorted)
        }
    }
}
