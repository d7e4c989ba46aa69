import Glibc
import Synchronization

/// Floats that end at memory which nobody may touch: a kernel that reads or writes past them stops the test.
///
/// Sentinels stand before them, and behind them where they do not reach the guard; as these are NaN, whoever reads one
/// shows it in a result.
public final class GuardedFloats {
    /// The bits of a NaN that no arithmetic makes.
    public static let sentinel = Float(bitPattern: 0x7fd5_a5a5)

    /// The first one.
    public let start: UnsafeMutablePointer<Float>
    /// How many there are.
    public let count: Int
    /// The floats with the sentinels around them.
    public let whole: UnsafeMutableRawBufferPointer
    private let gap: Int
    private let mapping: UnsafeMutableRawPointer
    private let byteCount: Int
    private static let margin = 64

    /// - Parameters:
    ///   - values: What the floats are at first.
    ///   - gap: Floats between the last one and the guard; one of 0 ..< 16 shifts the start by 4 bytes each.
    public init(_ values: [Float], gap: Int = 0) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let needed = (Self.margin + values.count + gap) * MemoryLayout<Float>.stride
        byteCount = (needed + page - 1) / page * page + page
        guard
            let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED, mprotect(memory + byteCount - page, page, PROT_NONE) == 0
        else { fatalError("no memory: \(String(cString: strerror(errno)))") }
        mapping = memory
        let end = (memory + byteCount - page).assumingMemoryBound(to: Float.self)
        start = end - gap - values.count
        count = values.count
        self.gap = gap
        whole = UnsafeMutableRawBufferPointer(
            start: start - Self.margin, count: (Self.margin + count + gap) * MemoryLayout<Float>.stride)
        (start - Self.margin).initialize(repeating: Self.sentinel, count: Self.margin)
        start.initialize(from: values, count: count)
        (start + count).initialize(repeating: Self.sentinel, count: gap)
        Self.living.withLock { $0[ObjectIdentifier(self)] = Reference(floats: self) }
    }

    /// Those that a pointer points into.
    public static func around(_ pointer: UnsafeRawPointer) -> GuardedFloats? {
        let all = living.withLock { Array($0.values) }
        return all.lazy.compactMap(\.floats).first {
            let start = UnsafeRawPointer($0.whole.baseAddress!)
            return start <= pointer && pointer <= start + $0.whole.count
        }
    }

    private struct Reference: @unchecked Sendable {  // read under the lock, and gone before its object is
        weak var floats: GuardedFloats?
    }

    private static let living = Mutex<[ObjectIdentifier: Reference]>([:])

    /// Sentinels only, to be written.
    public convenience init(count: Int, gap: Int = 0) {
        self.init(Array(repeating: Self.sentinel, count: count), gap: gap)
    }

    /// Rows of `width` values, `stride` floats apart, with sentinels between them and none behind the last.
    public convenience init(rows values: [Float], width: Int, stride: Int, gap: Int = 0) {
        let rows = width > 0 ? values.count / width : 0
        var floats = [Float](repeating: Self.sentinel, count: rows > 0 ? (rows - 1) * stride + width : 0)
        for row in 0..<rows {
            for column in 0..<width { floats[row * stride + column] = values[row * width + column] }
        }
        self.init(floats, gap: gap)
    }

    /// What they are now.
    public var values: [Float] { Array(UnsafeBufferPointer(start: start, count: count)) }

    /// The first `width` floats of rows that are `stride` apart.
    public func rows(_ rows: Int, width: Int, stride: Int) -> [Float] {
        (0..<rows).flatMap { row in (0..<width).map { start[row * stride + $0] } }
    }

    /// Whether everything around the rows still is what it was.
    public func isIntactAround(rows: Int, width: Int, stride: Int) -> Bool {
        let between = (0..<max(rows - 1, 0)).allSatisfy { row in
            (width..<max(width, stride)).allSatisfy { Self.isSentinel(start[row * stride + $0]) }
        }
        return between && (1...Self.margin).allSatisfy { Self.isSentinel(start[-$0]) }
            && (0..<gap).allSatisfy { Self.isSentinel(start[count + $0]) }
    }

    /// Whether everything around the floats still is what it was.
    public var isIntactAround: Bool { isIntactAround(rows: 1, width: count, stride: count) }

    private static func isSentinel(_ value: Float) -> Bool { value.bitPattern == sentinel.bitPattern }

    deinit {
        _ = Self.living.withLock { $0.removeValue(forKey: ObjectIdentifier(self)) }
        munmap(mapping, byteCount)
    }
}
