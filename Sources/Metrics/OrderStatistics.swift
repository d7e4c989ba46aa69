/// The values that stand at the given places when the values of all ranks are sorted, found without gathering them.
///
/// Radix selection: each round counts, over all ranks, the next bits of those values that can still be wanted, and
/// narrows each place down to one bucket. Six rounds settle all 64 bits, for any number of places at once.
///
/// - Parameters:
///   - places: counted from 0, each below the number of values of all ranks; the same on every rank. In any order.
///   - keys: this rank's values, used up: their memory is the working space.
///   - sumOverRanks: replaces the counts by their element-by-element sums over all ranks. Called equally often, with
///     equally many counts, on every rank.
/// - Returns: one value for each place, in the order of `places`; the same on every rank.
package func orderStatistics<Failure: Error>(
    at places: [Int], of keys: consuming [OrderedBits], sumOverRanks: (inout [Int64]) throws(Failure) -> Void
) throws(Failure) -> [Double] {
    var wanted = places.map { Wanted(prefix: 0, place: Int64($0)) }
    var shift = UInt64.bitWidth
    while shift > 0 {
        let width = min(digitBits, shift)
        let prefixes = distinctPrefixes(of: wanted)
        var counts = countDigits(of: &keys, prefixes: prefixes, shift: shift, width: width)
        try sumOverRanks(&counts)
        for index in wanted.indices {
            wanted[index].descend(counts, prefixes: prefixes, width: width)
        }
        shift -= width
    }
    return wanted.map { OrderedBits(bits: $0.prefix).value }
}

/// 2048 counts a prefix: small enough for the first-level cache and for a reduction over many ranks.
private let digitBits = 11

/// A value on its way to being found: its leading bits, and its place among the values that share them.
private struct Wanted {
    var prefix: UInt64
    var place: Int64

    /// Takes the next digit from the counts of all ranks.
    mutating func descend(_ counts: [Int64], prefixes: [UInt64], width: Int) {
        guard let slot = prefixes.firstIndex(of: prefix) else { preconditionFailure("a prefix without counts") }
        for digit in 0..<(1 << width) {
            let count = counts[slot << width + digit]
            if place < count {
                prefix = prefix << width | UInt64(digit)
                return
            }
            place -= count
        }
        preconditionFailure("a place beyond the last value")
    }
}

private func distinctPrefixes(of wanted: [Wanted]) -> [UInt64] {
    var distinct: [UInt64] = []
    for one in wanted where !distinct.contains(one.prefix) {
        distinct.append(one.prefix)
    }
    return distinct
}

/// Counts, for each prefix, the digit of `width` bits below it; drops the keys that have none of the prefixes.
/// - Parameter shift: the number of bits that follow a prefix.
private func countDigits(of keys: inout [OrderedBits], prefixes: [UInt64], shift: Int, width: Int) -> [Int64] {
    var counts = [Int64](repeating: 0, count: prefixes.count << width)
    let mask = UInt64(1) << width - 1
    var kept = 0
    for index in keys.indices {
        let key = keys[index].bits
        // In the first round the shift is the whole width, which Swift defines to leave 0.
        guard let slot = prefixes.firstIndex(of: key >> shift) else { continue }
        counts[slot << width + Int((key >> (shift - width)) & mask)] += 1
        keys[kept] = OrderedBits(bits: key)
        kept += 1
    }
    keys.removeLast(keys.count - kept)
    return counts
}
