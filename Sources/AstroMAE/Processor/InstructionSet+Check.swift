/// Products of one level beside those of another, before anything depends on them.
extension InstructionSet {
    /// Whether products of fewer bits are those of another level with the same forms and panels, whole blocks and what
    /// is less. All numbers are whole and so small that every order of their sums is exact.
    func multiplies(like other: InstructionSet) -> Bool {
        [int8, bfloat16].allSatisfy { format in
            [(37, 40, 166), (5, 64, 128), (80, 16, 256)].allSatisfy { rows, columns, depth in
                let products = [self, other].map { set in
                    CachedProduct(set, format, rows: rows, columns: columns, depth: depth) { index in
                        let bits = UInt32(truncatingIfNeeded: index) &* 0x9e37_79b1
                        let mixed = bits ^ bits >> 15
                        return format.isBytes ? mixed : Self.pair(mixed)
                    }
                }
                for product in products { product.run() }
                return products[0].results == products[1].results
            }
        }
    }

    /// Two whole numbers of -64 to 63 in bfloat16.
    private static func pair(_ bits: UInt32) -> UInt32 {
        let (first, second) = (Float(Int(bits >> 8 & 127) - 64), Float(Int(bits >> 20 & 127) - 64))
        return first.bitPattern | second.bitPattern >> 16
    }
}
