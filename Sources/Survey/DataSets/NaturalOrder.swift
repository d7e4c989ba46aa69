/// The order in which people read file names: runs of digits compare as numbers, so that `2.h5` comes before `10.h5`.
package enum NaturalOrder {
    /// Whether `a` stands before `b`. Names that differ only in leading zeros are ordered by their bytes.
    package static func precedes(_ a: String, _ b: String) -> Bool { precedes(Key(a), Key(b)) }

    /// Names in this order. What they are compared by is found once for each: a folder may have a million.
    package static func sorted(_ names: [String]) -> [String] {
        var keys = names.map(Key.init)
        let common = keys.dropFirst().reduce(keys.first?.bytes.count ?? 0) { common, key in
            let least = min(common, key.bytes.count)
            return (0..<least).first { keys[0].bytes[$0] != key.bytes[$0] } ?? least
        }
        // What all begin with tells none apart.
        for place in keys.indices { keys[place].setStart(behind: common) }
        return keys.sorted(by: precedes).map(\.name)
    }

    private static func precedes(_ a: Key, _ b: Key) -> Bool {
        if a.start != b.start { return a.start < b.start }
        if a.bytes != b.bytes { return a.bytes.lexicographicallyPrecedes(b.bytes) }
        return a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }

    /// A name, and bytes whose plain order is that of names.
    private struct Key {
        let name: String
        /// The bytes of the name; in place of a run of digits a zero digit, how many digits there are without leading
        /// zeros, and these.
        let bytes: [UInt8]
        /// The first eight of ``bytes`` behind what all names begin with, which tell most names apart.
        private(set) var start: UInt64 = 0

        init(_ name: String) {
            self.name = name
            let utf8 = Array(name.utf8)
            var bytes: [UInt8] = []
            bytes.reserveCapacity(utf8.count + 4)
            var place = 0
            while place < utf8.count {
                guard NaturalOrder.isDigit(utf8[place]) else {
                    bytes.append(utf8[place])
                    place += 1
                    continue
                }
                while place < utf8.count, utf8[place] == 0x30 { place += 1 }
                let first = place
                while place < utf8.count, NaturalOrder.isDigit(utf8[place]) { place += 1 }
                var length = place - first
                bytes.append(0x30)
                while length >= 255 {
                    bytes.append(255)
                    length -= 255
                }
                bytes.append(UInt8(length))
                bytes += utf8[first..<place]
            }
            self.bytes = bytes
            setStart(behind: 0)
        }

        mutating func setStart(behind common: Int) {
            start = (common..<common + 8).reduce(0) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0) }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
