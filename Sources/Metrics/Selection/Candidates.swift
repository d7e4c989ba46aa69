/// A value on its way to being found.
struct Wanted {
    /// Its leading bits; all of them when it is found.
    var bits: UInt64 = 0
    /// Its place among the values that share them.
    var place: Int64
    var isFound = false

    /// Takes the next digit from the counts of all ranks, and returns how many values share it.
    mutating func takeDigit(_ width: Int, _ counts: UnsafeBufferPointer<Int64>) -> Int64 {
        for digit in counts.indices {
            if place < counts[digit] {
                bits = bits << width | UInt64(digit)
                return counts[digit]
            }
            place -= counts[digit]
        }
        preconditionFailure("a place beyond the last value")
    }
}

/// A key of this rank that can still be wanted, and its group.
struct KeptKey {
    let key: UInt64
    let group: UInt32
}

/// Values that share their leading bits, with a place that is wanted among them.
struct Candidates {
    let prefix: UInt64
    /// Of all ranks; nil when they have not been counted yet.
    let count: Int64?
    /// Where their numbers begin: one for each bit that is left, and behind them one for each digit.
    let start: Int
    /// Of this rank: how many there are, and the bits that all of them have, and any of them.
    var ownCount: Int64 = 0
    var inAll = UInt64.max
    var inAny: UInt64 = 0

    /// Notes a key of this rank.
    @inline(__always)
    mutating func note(_ key: UInt64) {
        ownCount += 1
        inAll &= key
        inAny |= key
    }

    /// One alone has nothing to be told from.
    var needsDigits: Bool { count != 1 }
}
