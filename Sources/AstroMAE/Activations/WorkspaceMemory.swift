import CKernels

/// Makes the arrays of a workspace, and keeps their memory.
struct WorkspaceMemory {
    /// Vectors may be read past the end of a row, never past the end of a buffer.
    private let slack: Int
    private let guarded: Bool
    private var buffers: [AlignedBuffer] = []
    /// Words of the last buffer that are given away. Buffers are larger than what is asked for, since only large ones
    /// are made of huge pages; what nobody touches takes no memory.
    private var used = 0
    private static let smallest = 4 * AlignedBuffer.hugePage / MemoryLayout<Float>.stride
    private static let cacheLine = 16  // words

    /// - Parameters:
    ///   - slack: Floats behind each array that may be read.
    ///   - guarded: Whether each array ends at memory that nobody may touch and is not zero at first: for tests.
    init(slack: Int, guarded: Bool) { (self.slack, self.guarded) = (slack, guarded) }

    /// - Parameter zero: Whether someone relies on zeros.
    mutating func words(_ count: Int, zero: Bool = false) -> UnsafeMutableRawPointer {
        if guarded {
            buffers.append(AlignedBuffer(guarded: count, zero: zero))
            return buffers[buffers.count - 1].start
        }
        let needed = (count + slack + Self.cacheLine - 1) / Self.cacheLine * Self.cacheLine
        if buffers.isEmpty || used + needed > buffers[buffers.count - 1].bytes.count / MemoryLayout<Float>.stride {
            buffers.append(AlignedBuffer(words: max(needed, Self.smallest)))
            used = 0
        }
        defer { used += needed }
        return buffers[buffers.count - 1].start + used * MemoryLayout<Float>.stride
    }

    /// The memory, when all arrays are made. The published network's float32 takes 88 kB of a fourth huge page: these
    /// are small pages.
    func finished() -> [AlignedBuffer] {
        let (page, taken) = (AlignedBuffer.hugePage, used * MemoryLayout<Float>.stride)
        if !guarded, taken % page < page / 2 { buffers.last?.useSmallPages(behind: taken / page * page) }
        return buffers
    }

    mutating func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
        words(count).assumingMemoryBound(to: Float.self)
    }

    /// Rows of `width` numbers.
    mutating func rows(_ count: Int, _ width: Int, _ format: NumberFormat = .float32) -> Rows {
        let stride = format.words(width)
        return Rows(
            start: words(count * stride), stride: stride, format: format.code,
            steps: format.isBytes ? words(Step.words * count).assumingMemoryBound(to: Step.self) : nil)
    }

    /// Activations that something other than a product computes, as float32.
    mutating func activations(_ count: Int, _ width: Int, storedAs format: NumberFormat) -> Activations {
        let computed = rows(count, width)
        return Activations(
            computed: computed, stored: format == .float32 ? computed : rows(count, width, format), width: width)
    }

    /// Activations that a product computes. It stores floats of either size itself; bytes need a row's largest number
    /// first.
    ///
    /// - Parameter floats: Where they are computed in that case; memory of their own when it is nil.
    mutating func products(
        _ count: Int, _ width: Int, storedAs format: NumberFormat, floats: Rows? = nil
    ) -> Activations {
        let computed = format.isBytes ? floats ?? rows(count, width) : nil
        let stored = rows(count, width, format)
        return Activations(computed: computed ?? stored, stored: stored, width: width)
    }

    /// Room for images of the Inception branch, each made before the next one is stored: they share the stored form.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - numbers: Numbers of the largest one.
    ///   - words: Words of the largest one that is stored.
    mutating func images(_ count: Int, numbers: Int, words: Int, storedAs format: NumberFormat) -> [ImageMemory] {
        let stored = format == .float32 ? nil : self.words(words)
        return (0..<count).map { _ in
            let floats = floats(numbers)
            return ImageMemory(floats: floats, stored: stored ?? UnsafeMutableRawPointer(floats), format: format)
        }
    }
}

/// Room for an image of the Inception branch, whatever its size and channels.
struct ImageMemory {
    let floats: UnsafeMutablePointer<Float>
    fileprivate let stored: UnsafeMutableRawPointer
    fileprivate let format: NumberFormat

    fileprivate init(floats: UnsafeMutablePointer<Float>, stored: UnsafeMutableRawPointer, format: NumberFormat) {
        (self.floats, self.stored, self.format) = (floats, stored, format)
    }

    /// An image as rows of pixels, [pixels, channels].
    func pixels(channels: Int) -> Activations {
        Activations(
            computed: Rows(floats, stride: channels), stored: Rows(stored, width: channels, format), width: channels)
    }
}
