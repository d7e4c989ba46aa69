/// The rows with the largest residuals, the largest first.
struct LargestResiduals {
    private let count: Int
    private var kept: [(row: Int, residual: Double)] = []

    init(count: Int) { self.count = count }

    var rows: [Int] { kept.map(\.row) }

    /// Takes a row, unless there are enough that are worse.
    mutating func offer(_ row: Int, _ residual: Double) {
        let size = abs(residual)
        if kept.count == count, let last = kept.last, size <= abs(last.residual) { return }
        let place = kept.firstIndex { abs($0.residual) < size } ?? kept.count
        kept.insert((row, residual), at: place)
        if kept.count > count { kept.removeLast() }
    }
}

/// Some of any number of rows, each with the same chance, and the same ones each time.
struct RandomRows {
    private let count: Int
    private var seen = 0
    private var kept: [Int] = []
    private var numbers: SeededNumbers

    init(count: Int, seed: UInt64) {
        self.count = count
        numbers = SeededNumbers(seed: seed)
    }

    var rows: [Int] { kept.sorted() }

    mutating func offer(_ row: Int) {
        seen += 1
        if kept.count < count {
            kept.append(row)
        } else if case let place = Int(numbers.next() % UInt64(seen)), place < count {
            kept[place] = row
        }
    }
}

/// SplitMix64: small, and the same everywhere.
private struct SeededNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var number = state
        number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
        return number ^ number >> 31
    }
}
