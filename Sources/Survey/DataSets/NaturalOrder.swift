/// The order in which people read file names: runs of digits compare as numbers, so that `2.h5` comes before `10.h5`.
package enum NaturalOrder {
    /// Whether `a` stands before `b`. Names that differ only in leading zeros are ordered by their bytes.
    package static func precedes(_ a: String, _ b: String) -> Bool { precedes(Key(a), Key(b)) }

    /// Names in this order. What they are compared by is found once for each: a folder may have a million.
    package static func sorted(_ names: [String]) -> [String] {
        names.map(Key.init).sorted(by: precedes).map(\.name)
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
        /// The first eight of ``bytes``, which tell most names apart.
        let start: UInt64

        init(_ name: String) {
            self.name = name
            var bytes: [UInt8] = []
            bytes.reserveCapacity(name.utf8.count + 4)
            var rest = Substring(name).utf8[...]
            while let byte = rest.first {
                guard NaturalOrder.isDigit(byte) else {
                    bytes.append(byte)
                    rest = rest.dropFirst()
                    continue
                }
                let run = rest.prefix(while: NaturalOrder.isDigit)
                let number = run.drop { $0 == 0x30 }
                var length = number.count
                bytes.append(0x30)
                while length >= 255 {
                    bytes.append(255)
                    length -= 255
                }
                bytes.append(UInt8(length))
                bytes += number
                rest = rest.dropFirst(run.count)
            }
            self.bytes = bytes
            start = (0..<8).reduce(0) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0) }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
