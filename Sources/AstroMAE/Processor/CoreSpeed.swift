import CKernels
import Dispatch
import Synchronization

/// What cores do at best with one instruction set and precision: the measure of an engine.
public struct CoreSpeed: Sendable {
    /// Multiplications and additions a second in registers, of all threads together.
    public let peak: Double
    /// The same in matrix products of the engine's kernels whose operands are in the cache: what the peak is checked
    /// by.
    public let products: Double

    /// - Parameters:
    ///   - peak: Operations a second in registers.
    ///   - products: Operations a second in cached products.
    public init(peak: Double, products: Double) {
        self.peak = peak
        self.products = products
    }

    /// Whether the peak can be one: no product beats it, but for what the clock drifts between the two, and the
    /// plainest product kernel reaches a quarter of it.
    public var isPlausible: Bool { products > 0 && peak >= 0.95 * products && peak <= 8 * products }

    /// The higher of each.
    public func best(_ other: CoreSpeed) -> CoreSpeed {
        CoreSpeed(peak: max(peak, other.peak), products: max(products, other.products))
    }

    /// Measures in slices so short that a busy machine leaves some alone; the fastest count, and both kinds are as
    /// long.
    ///
    /// - Parameters:
    ///   - instructionSet: What to compute with.
    ///   - precision: How numbers are stored.
    ///   - threads: Threads that compute at once, as the engine uses them.
    ///   - slices: How many of them; each takes 0.01 s.
    public static func measure(
        _ instructionSet: InstructionSet, _ precision: Precision, threads: Int, slices: Int
    ) -> CoreSpeed {
        let format = precision.linear(instructionSet)
        let products = (0..<threads).map { _ in CachedProduct(instructionSet, format) }
        return (0..<slices).reduce(CoreSpeed(peak: 0, products: 0)) { best, _ in
            let peak = rate(threads: threads, seconds: 0.005) { _ in instructionSet.peakOperations(format) }
            let product = rate(threads: threads, seconds: 0.005) { products[$0].run() }
            return best.best(CoreSpeed(peak: peak, products: product))
        }
    }

    /// Operations a second of all threads together, each of which repeats `work` for some time; it returns the
    /// operations it did. Where there are fewer cores than threads these take turns, and all of the time counts.
    static func rate(threads: Int, seconds: Double, _ work: @Sendable (Int) -> Double) -> Double {
        let operations = Mutex(0.0)
        let start = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            let start = ContinuousClock.now
            var own = 0.0
            repeat { own += work(thread) } while ContinuousClock.now - start < .seconds(seconds)
            operations.withLock { $0 += own }
        }
        let (whole, fraction) = (ContinuousClock.now - start).components
        return operations.withLock { $0 } / (Double(whole) + Double(fraction) * 1e-18)
    }
}

extension InstructionSet {
    /// Multiplications and additions in registers for some 0.1 ms to 1 ms; how many.
    fileprivate func peakOperations(_ format: NumberFormat) -> Double {
        var sums = 0.0
        let operations = kernels.pointee.peak(format.code, 20_000, &sums)
        precondition(2 * sums == operations, "\(self): sums of \(operations / 2) ones are \(sums)")
        return operations
    }
}

/// A product of matrices that stay in the cache: all numbers are 1, unless others are given.
final class CachedProduct: @unchecked Sendable {  // each is used by one thread
    private let rows, columns, depth: Int
    private let kernels: ck_kernels_t
    private let format: NumberFormat
    private let left: AlignedBuffer
    private let right: AlignedBuffer
    private let scales: AlignedBuffer
    private let steps: AlignedBuffer
    private let result: AlignedBuffer

    /// - Parameter word: Words of both operands by their index, if they are not to be full of ones.
    init(
        _ instructionSet: InstructionSet, _ format: NumberFormat, rows: Int = 84, columns: Int = 64, depth: Int = 128,
        word: ((Int) -> UInt32)? = nil
    ) {
        kernels = instructionSet.kernels.pointee
        self.format = format
        (self.rows, self.columns, self.depth) = (rows, columns, depth)
        let words = format.words(depth), padded = instructionSet.padded(columns)
        left = AlignedBuffer(words: rows * words)
        right = AlignedBuffer(words: padded * words)
        scales = AlignedBuffer(words: padded)
        steps = AlignedBuffer(words: Step.words * rows)
        result = AlignedBuffer(words: rows * columns)
        let one: UInt32 =
            switch format {
            case .float32, .wideBFloat16: 0x3f80_0000
            case .bfloat16: 0x3f80_3f80
            case .int8: 0x0101_0101
            case .wideInt8: 0x0001_0001
            }
        var index = 0
        for buffer in [left, right] {
            for place in buffer.bytes.bindMemory(to: UInt32.self).indices {
                buffer.bytes.storeBytes(of: word?(index) ?? one, toByteOffset: 4 * place, as: UInt32.self)
                index += 1
            }
        }
        scales.start.assumingMemoryBound(to: Float.self).update(repeating: 1, count: padded)
        steps.start.assumingMemoryBound(to: Step.self).update(repeating: Step(size: 1, zero: 0), count: rows)
    }

    /// What came of it.
    var results: [Float] {
        Array(UnsafeBufferPointer(start: result.start.assumingMemoryBound(to: Float.self), count: rows * columns))
    }

    /// One product; how many operations it takes.
    @discardableResult func run() -> Double {
        let scales = scales.start.assumingMemoryBound(to: Float.self)
        var product = ck_matmul_t(
            a: Rows(
                start: left.start, stride: format.words(depth), format: format.code,
                steps: steps.start.assumingMemoryBound(to: Step.self)),
            b: UnsafePointer(right.start.assumingMemoryBound(to: Int32.self)), bias: nil, scales: scales,
            sums: UnsafeRawPointer(scales).assumingMemoryBound(to: Int32.self),
            c: Rows(result.start.assumingMemoryBound(to: Float.self), stride: columns), m: rows,
            n: columns, k: depth, window: 1, ld_image: 0, activation: CK_IDENTITY, accumulate: false)
        kernels.matmul(&product)
        return 2 * Double(rows * columns * depth)
    }
}
