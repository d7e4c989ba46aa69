/// Which of the ways of computing a precision is the fastest here. What has an instruction of its own is not always
/// fast: on some processors products of bfloat16 take longer than those of float32.
extension InstructionSet {
    /// What may compute a precision on processors whose widest common level this is: the first one unless another is
    /// clearly faster. Products have the same bits in all of them.
    public func ways(for precision: Precision) -> [InstructionSet] {
        guard precision != .float32, let otherWay else { return [self] }
        return [self, otherWay]
    }

    /// Operations a second of one thread in products of bfloat16 whose operands are in the cache, for each of some
    /// ways; it takes some milliseconds for each. They take turns, and the fastest of some tries counts, since others
    /// may be at work on the machine.
    public static func speeds(of ways: [InstructionSet]) -> [Double] {
        let products = ways.map { CachedProduct($0, $0.bfloat16) }
        return (0..<4).reduce(ways.map { _ in 0.0 }) { best, _ in
            zip(best, products).map { best, product in
                max(best, CoreSpeed.rate(threads: 1, seconds: 0.001) { _ in product.run() })
            }
        }
    }

    /// The fastest of some ways; the first one unless another gains 5 %, more than such a measurement is off by.
    public static func fastest(of ways: [InstructionSet], _ speeds: [Double]) -> InstructionSet {
        let best = ways.indices.max { speeds[$0] < speeds[$1] } ?? 0
        return ways[speeds[best] > 1.05 * speeds[0] ? best : 0]
    }

    /// The fastest way for a precision, as measured by this process alone.
    public func measured(for precision: Precision) -> InstructionSet {
        let ways = ways(for: precision)
        return ways.count > 1 ? Self.fastest(of: ways, Self.speeds(of: ways)) : self
    }

    /// Whether both are the same level and compute in the same way.
    public func isSameWay(as other: InstructionSet) -> Bool {
        level == other.level && widensBFloat16 == other.widensBFloat16
    }

    /// How products of bfloat16 are computed, in words.
    public var bfloat16Products: String {
        widensBFloat16 ? "as float32" : "by its own instruction"
    }
}
