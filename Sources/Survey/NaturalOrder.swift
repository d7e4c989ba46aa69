/// The order in which people read file names: runs of digits compare as numbers, so that `2.h5` comes before `10.h5`.
package enum NaturalOrder {
    /// Whether `a` stands before `b`. Names that differ only in leading zeros are ordered by their bytes.
    package static func precedes(_ a: String, _ b: String) -> Bool {
        let (x, y) = (Array(a.utf8), Array(b.utf8))
        var (i, j) = (0, 0)
        while i < x.count, j < y.count {
            if isDigit(x[i]), isDigit(y[j]) {
                let (m, n) = (number(x, &i), number(y, &j))
                if m.count != n.count { return m.count < n.count }
                if !m.elementsEqual(n) { return m.lexicographicallyPrecedes(n) }
            } else {
                if x[i] != y[j] { return x[i] < y[j] }
                i += 1
                j += 1
            }
        }
        if x.count - i != y.count - j { return x.count - i < y.count - j }
        return x.lexicographicallyPrecedes(y)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// The run of digits at `start`, without leading zeros; `start` moves behind it. Any length: no number overflows.
    private static func number(_ bytes: [UInt8], _ start: inout Int) -> ArraySlice<UInt8> {
        let first = start
        while start < bytes.count, isDigit(bytes[start]) { start += 1 }
        return bytes[first..<start].drop { $0 == 0x30 }
    }
}
