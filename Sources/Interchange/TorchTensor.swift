/// A tensor of a PyTorch file: numbers of a storage, seen through a shape and strides.
public final class TorchTensor: NumberArray {
    /// A storage: an entry of the archive and where its bytes begin.
    struct Storage {
        let start: Int
        let count: Int
        let type: NumberType
        let isSwapped: Bool
    }

    /// Sizes; empty for a scalar.
    public let shape: [Int]
    /// How numbers are stored.
    public var type: NumberType { storage.type }
    /// Elements of the storage between neighbours along each dimension.
    let strides: [Int]
    let offset: Int
    private let storage: Storage
    private let file: InputFile

    /// - Returns: nil when the view reaches beyond its storage, or shows numbers more often than they are stored.
    init?(shape: [Int], strides: [Int], offset: Int, storage: Storage, file: InputFile) {
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.storage = storage
        self.file = file
        guard shape.count == strides.count, shape.count <= 16, offset >= 0, (shape + strides).allSatisfy({ $0 >= 0 })
        else {
            return nil
        }
        guard !shape.contains(0) else { return }
        var (count, last, overflows) = (1, offset, false)
        for (size, stride) in zip(shape, strides) {
            let (product, beyond) = count.multipliedReportingOverflow(by: size)
            let (step, far) = stride.multipliedReportingOverflow(by: size - 1)
            let (sum, farther) = last.addingReportingOverflow(step)
            (count, last, overflows) = (product, sum, overflows || beyond || far || farther)
        }
        guard !overflows, last < storage.count, count <= storage.count else { return nil }
    }

    /// Elements of a row.
    private var rowSize: Int { shape.dropFirst().reduce(1, *) }

    /// Whether elements lie in the order of reading, without gaps.
    private var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            guard stride == expected else { return false }
            expected *= size
        }
        return true
    }

    /// Blocks of some megabytes where rows follow each other; otherwise all, so that the storage is read once.
    public var preferredRows: Int {
        let rowsFollow = strides.first.map { first in strides.dropFirst().allSatisfy { $0 <= first } } ?? true
        guard rowsFollow else { return max(rowCount, 1) }
        return max(1, (4 << 20) / max(bytesPerRow, 1))
    }

    /// Reads rows as ``NumberArray`` says.
    public func read(rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
        let count = rows.count * rowSize
        precondition(buffer.count == count * type.size, "the buffer does not hold these rows")
        guard count > 0 else { return }
        let size = type.storedSize
        let first = offset + (shape.isEmpty ? 0 : rows.lowerBound * strides[0])
        // Stored numbers that are narrower than read ones stand in the last part of the buffer and are widened forwards.
        let stored = UnsafeMutableRawBufferPointer(rebasing: buffer[(buffer.count - count * size)...])
        if isContiguous {
            try file.read(at: storage.start + first * size, into: stored)
        } else {
            try gather(sizes: shape.isEmpty ? [] : [rows.count] + shape.dropFirst(), first: first, into: stored)
        }
        if storage.isSwapped { swapBytes(stored, size: size) }
        if type == .bfloat16 { widen(stored, into: buffer) }
    }

    /// Reads the part of the storage that the rows lie in, and picks their elements.
    private func gather(sizes: [Int], first: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let span = zip(sizes, strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
        let size = type.storedSize
        let source = UnsafeMutableRawBufferPointer.allocate(byteCount: span * size, alignment: 8)
        defer { source.deallocate() }
        try file.read(at: storage.start + first * size, into: source)
        func pick<T: BitwiseCopyable>(_: T.Type) {
            let (from, to) = (source.baseAddress!, buffer.baseAddress!)
            // The last dimension in a loop of its own, the others counted like the digits of a number.
            let (inner, step) = (sizes.last ?? 1, strides.last ?? 1)
            var digits = [Int](repeating: 0, count: max(sizes.count - 1, 0))
            var (start, written) = (0, 0)
            while true {
                for index in 0..<inner {
                    let value = from.loadUnaligned(fromByteOffset: (start + index * step) * size, as: T.self)
                    to.storeBytes(of: value, toByteOffset: (written + index) * size, as: T.self)
                }
                written += inner
                var dimension = digits.count - 1
                while dimension >= 0 {
                    digits[dimension] += 1
                    start += strides[dimension]
                    if digits[dimension] < sizes[dimension] { break }
                    start -= sizes[dimension] * strides[dimension]
                    digits[dimension] = 0
                    dimension -= 1
                }
                if dimension < 0 { return }
            }
        }
        switch size {
        case 1: pick(UInt8.self)
        case 2: pick(UInt16.self)
        case 4: pick(UInt32.self)
        default: pick(UInt64.self)
        }
    }

    /// bfloat16 to float32: sixteen zero bits more.
    private func widen(_ stored: UnsafeMutableRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer) {
        for index in 0..<stored.count / 2 {
            let bits = stored.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
            buffer.storeBytes(of: UInt32(bits) << 16, toByteOffset: 4 * index, as: UInt32.self)
        }
    }
}
