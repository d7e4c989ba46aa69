/// The values that stand at given places when the values of all ranks are sorted, found without gathering them; for
/// several groups of values side by side, one reduction a round for all of them.
///
/// Radix selection: each round counts, over all ranks, the next digit of those values that can still be wanted, the
/// candidates, and each place goes on with one digit. As many rounds as there are digits settle every bit. Mostly it
/// takes fewer: for each bit that is left it is also counted how many candidates have it, and where that is all of them
/// or none, the candidates are equal and their places are found. A candidate that is left alone is equal to itself, and
/// needs no digits any more.
///
/// The candidates of a rank are kept once they are few, and later rounds walk over nothing else.
package struct RadixSelection {
    /// The bits of each round's digit.
    private let digits: [Int]
    /// Of a group of so many values, at least one, the places that are wanted: from 0, in any order.
    private let places: (_ count: Int) -> [Int]
    /// The places of each group; none before the first round, in which the values are counted.
    private var wanted: [[Wanted]]
    /// The values of each group, on all ranks.
    package private(set) var counts: [Int]
    private var candidates: [Candidates] = []
    /// Which of the candidates are of each group.
    private var candidatesOfGroup: [Range<Int>] = []
    /// How many keys this rank has; known after the first round.
    private var ownCount: Int64 = 0
    /// Those of this rank's keys that can still be wanted; nil while they are many.
    private var kept: [KeptKey]?
    private var round = 0
    private var bitsLeft: Int

    /// A selection.
    ///
    /// - Parameters:
    ///   - groups: How many groups of values there are.
    ///   - digits: The bits of the digits, from the highest, that make up a key.
    ///   - places: Of a group of so many values of all ranks, at least one, the places that are wanted: counted from 0,
    ///     in any order; the same on every rank.
    package init(groups: Int, digits: [Int], places: @escaping (_ count: Int) -> [Int]) {
        (self.digits, self.places) = (digits, places)
        bitsLeft = digits.reduce(0, +)
        wanted = Array(repeating: [], count: groups)
        counts = Array(repeating: 0, count: groups)
        for _ in 0..<groups { addCandidates([(0, nil)]) }
    }

    /// The most numbers that a round of such a selection takes.
    package static func largestNumberCount(groups: Int, digits: [Int], places: Int) -> Int {
        var (largest, bitsLeft) = (0, digits.reduce(0, +))
        for (round, digit) in digits.enumerated() {
            largest = max(largest, groups * (round == 0 ? 1 : places) * (bitsLeft + (1 << digit)))
            bitsLeft -= digit
        }
        return largest
    }

    /// Finds the values of all places.
    ///
    /// - Parameters:
    ///   - extra: Numbers that travel along in the first round; replaced by their sums over all ranks.
    ///   - sum: The sum over ranks, called at most once for each digit.
    ///   - forEachKey: Gives all keys of this rank and their groups, the same in each round.
    @inline(__always)
    package mutating func run<Failure: Error>(
        with extra: inout [Int64], _ sum: SumOverRanks<Failure>,
        forEachKey: (_ body: (_ key: UInt64, _ group: Int) -> Void) -> Void
    ) throws(Failure) {
        var extraCount = extra.count
        while extraCount + numberCount > 0 {
            let sums = try sum(extraCount + numberCount) { numbers in
                for place in 0..<extraCount { numbers[place] = extra[place] }
                let own = UnsafeMutableBufferPointer(rebasing: numbers[extraCount...])
                if !own.isEmpty { count(own, forEachKey) }
            }
            if extraCount > 0 { extra = Array(sums[..<extraCount]) }
            if numberCount > 0 { endRound(UnsafeBufferPointer(rebasing: sums[extraCount...])) }
            extraCount = 0
        }
    }

    /// The key at each place of a group, in the order of the places; empty for a group without values.
    package func keys(of group: Int) -> [UInt64] { wanted[group].map(\.bits) }
}

// A round.
extension RadixSelection {
    private var digit: Int { digits[round] }

    /// How many numbers this round takes; 0 when all places are found.
    private var numberCount: Int {
        candidates.last.map { $0.start + bitsLeft + ($0.needsDigits ? 1 << digit : 0) } ?? 0
    }

    private mutating func addCandidates(_ prefixes: [(bits: UInt64, count: Int64?)]) {
        let first = candidates.count
        for (prefix, count) in prefixes {
            candidates.append(Candidates(prefix: prefix, count: count, start: numberCount))
        }
        candidatesOfGroup.append(first..<candidates.count)
    }

    /// Counts this rank's keys.
    @inline(__always)
    private mutating func count(
        _ numbers: UnsafeMutableBufferPointer<Int64>,
        _ forEachKey: (_ body: (_ key: UInt64, _ group: Int) -> Void) -> Void
    ) {
        if let kept {
            _ = count(numbers, keeping: 0) { body in
                for one in kept { body(one.key, Int(one.group)) }
            }
        } else {
            kept = count(numbers, keeping: roomForKept, forEachKey)
        }
        if round == 0 { ownCount = candidates.reduce(0) { $0 + $1.ownCount } }
        noteBits(numbers)
    }

    /// Counts keys.
    ///
    /// - Returns: The candidates among them; nil when they are more than `room`.
    @inline(__always)
    private mutating func count(
        _ numbers: UnsafeMutableBufferPointer<Int64>, keeping room: Int,
        _ forEachKey: (_ body: (_ key: UInt64, _ group: Int) -> Void) -> Void
    ) -> [KeptKey]? {
        let (ranges, bitsLeft, digit) = (candidatesOfGroup, bitsLeft, digit)
        // In the first round the shift may be the whole width, which Swift defines to leave 0.
        let (prefixShift, digitShift, mask) = (UInt64(bitsLeft), UInt64(bitsLeft - digit), 1 << digit - 1)
        var kept: [KeptKey] = []
        kept.reserveCapacity(room)
        var isTooMany = room == 0
        candidates.withUnsafeMutableBufferPointer { candidates in
            forEachKey { key, group in
                let prefix = key >> prefixShift
                for index in ranges[group] where candidates[index].prefix == prefix {
                    candidates[index].note(key)
                    if !isTooMany {
                        isTooMany = kept.count == room
                        if !isTooMany { kept.append(KeptKey(key: key, group: UInt32(group))) }
                    }
                    guard candidates[index].needsDigits else { return }
                    numbers[candidates[index].start + bitsLeft + (Int(truncatingIfNeeded: key >> digitShift) & mask)] +=
                        1
                    return
                }
            }
        }
        return isTooMany ? nil : kept
    }

    /// How many candidates may be kept: a sixteenth of this rank's keys, one byte for each of them, and some for a rank
    /// that has few. None in a round that has more on all ranks.
    private var roomForKept: Int {
        guard round > 0 else { return 0 }
        let left = candidates.reduce(0) { $0 + Int($1.count ?? 0) }
        return left <= counts.reduce(0, +) / 16 ? Int(ownCount) / 16 + 256 : 0
    }

    /// Notes for each bit how many candidates have it. Of one that some have and some lack, which takes two of them, it
    /// is enough to say that it is neither none nor all.
    private func noteBits(_ numbers: UnsafeMutableBufferPointer<Int64>) {
        for one in candidates where one.ownCount > 0 {
            for bit in 0..<bitsLeft {
                let (isInAll, isInAny) = (one.inAll >> UInt64(bit) & 1 == 1, one.inAny >> UInt64(bit) & 1 == 1)
                numbers[one.start + bit] = isInAll ? one.ownCount : isInAny ? 1 : 0
            }
        }
    }

    /// Takes what the numbers of all ranks say of each place, and makes the candidates of the next round.
    private mutating func endRound(_ sums: UnsafeBufferPointer<Int64>) {
        var next: [[(bits: UInt64, count: Int64?)]] = []
        for group in wanted.indices {
            if round == 0 { wantPlaces(of: group, sums) }
            var prefixes: [(bits: UInt64, count: Int64?)] = []
            for index in wanted[group].indices where !wanted[group][index].isFound {
                let count = narrow(&wanted[group][index], of: group, sums)
                let bits = wanted[group][index].bits
                guard !wanted[group][index].isFound, !prefixes.contains(where: { $0.bits == bits }) else { continue }
                prefixes.append((bits, count))
            }
            next.append(prefixes)
        }
        bitsLeft -= digit
        round += 1
        candidates = []
        candidatesOfGroup = []
        for prefixes in next { addCandidates(prefixes) }
    }

    /// The first round tells how many values a group has.
    private mutating func wantPlaces(of group: Int, _ sums: UnsafeBufferPointer<Int64>) {
        let first = candidates[candidatesOfGroup[group].lowerBound]
        counts[group] = Int(digitCounts(of: first, sums).reduce(0, +))
        if counts[group] > 0 { wanted[group] = places(counts[group]).map { Wanted(place: Int64($0)) } }
    }

    /// Finds a value, or one more digit of it; returns how many candidates are left for it.
    private func narrow(_ one: inout Wanted, of group: Int, _ sums: UnsafeBufferPointer<Int64>) -> Int64 {
        guard let among = candidates[candidatesOfGroup[group]].first(where: { $0.prefix == one.bits }) else {
            preconditionFailure("a value without candidates")
        }
        let digitCounts = digitCounts(of: among, sums)
        let count = among.count ?? Int64(counts[group])
        if let bits = commonBits(of: among, count, sums) {
            (one.bits, one.isFound) = (bits, true)
            return count
        }
        let left = one.takeDigit(digit, digitCounts)
        one.isFound = bitsLeft == digit
        return left
    }

    private func digitCounts(of one: Candidates, _ sums: UnsafeBufferPointer<Int64>) -> UnsafeBufferPointer<Int64> {
        let first = one.start + bitsLeft
        return UnsafeBufferPointer(rebasing: sums[first..<first + (one.needsDigits ? 1 << digit : 0)])
    }

    /// The one value that all candidates have; nil when they differ.
    private func commonBits(of one: Candidates, _ count: Int64, _ sums: UnsafeBufferPointer<Int64>) -> UInt64? {
        var bits: UInt64 = 0
        for bit in 0..<bitsLeft where sums[one.start + bit] != 0 {
            guard sums[one.start + bit] == count else { return nil }
            bits |= 1 << UInt64(bit)
        }
        return one.prefix << UInt64(bitsLeft) | bits
    }
}
