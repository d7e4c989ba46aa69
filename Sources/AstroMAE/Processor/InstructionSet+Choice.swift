import Glibc

/// Which of the ways of computing a precision is the fastest here. What has an instruction of its own is not always
/// fast: on some processors products of bfloat16 take longer than those of float32.
extension InstructionSet {
    /// The ways in which this level itself computes a precision. Products have the same bits in all of them.
    public func ownWays(for precision: Precision) -> [InstructionSet] {
        guard precision != .float32, let otherWay else { return [self] }
        return [self, otherWay]
    }

    /// What may compute a precision on processors whose widest common level this is: the first one unless another is
    /// clearly faster. Products have the same bits in all of them but in tiles, which are there for fewer bits alone.
    public func ways(for precision: Precision) -> [InstructionSet] {
        guard usesTiles, let vectors = Self.available.last(where: { $0.level < level }) else {
            return ownWays(for: precision)
        }
        return vectors.ownWays(for: precision) + (precision == .float32 ? [] : [self])
    }

    /// Operations a second of one thread in products whose operands are in the cache, for each of some ways; it takes
    /// some milliseconds for each. Where convolutions have another format than dense layers, half of them are in
    /// either. The ways take turns, and the fastest of some tries counts, in the time of this thread alone, since
    /// others may be at work on the machine.
    public static func speeds(of ways: [InstructionSet], for precision: Precision) -> [Double] {
        let products = ways.map { way in
            Set([precision.linear(way), precision.convolution(way)]).map { CachedProduct(way, $0) }
        }
        return (0..<4).reduce(ways.map { _ in 0.0 }) { best, _ in
            zip(best, products).map { best, products in
                max(best, rate(seconds: 0.001) { products.reduce(0) { $0 + $1.run() } })
            }
        }
    }

    /// Operations a second of processor time of this thread, which repeats `work`; it returns the operations it did.
    private static func rate(seconds: Double, _ work: () -> Double) -> Double {
        let start = processorTime()
        var (operations, time) = (0.0, 0.0)
        repeat {
            operations += work()
            time = processorTime() - start
        } while time < seconds
        return operations / time
    }

    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// The fastest of some ways; the first one unless another gains 5 %, more than such a measurement is off by.
    public static func fastest(of ways: [InstructionSet], _ speeds: [Double]) -> InstructionSet {
        let best = ways.indices.max { speeds[$0] < speeds[$1] } ?? 0
        return ways[speeds[best] > 1.05 * speeds[0] ? best : 0]
    }

    /// The fastest way for a precision, as measured by this process alone.
    public func measured(for precision: Precision) -> InstructionSet {
        measured(among: ways(for: precision), for: precision)
    }

    /// The fastest of some of them.
    public func measured(among ways: [InstructionSet], for precision: Precision) -> InstructionSet {
        ways.count > 1 ? Self.fastest(of: ways, Self.speeds(of: ways, for: precision)) : ways[0]
    }

    /// Whether both are the same level and compute in the same way.
    public func isSameWay(as other: InstructionSet) -> Bool {
        level == other.level && widensBFloat16 == other.widensBFloat16
    }

    /// How products of bfloat16 are computed, in words.
    public var bfloat16Products: String {
        usesTiles ? "in tiles" : widensBFloat16 ? "as float32" : "by its own instruction"
    }
}
