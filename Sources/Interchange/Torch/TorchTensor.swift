import PhotozCheckedSizes

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
    /// Whether PyTorch keeps the numbers with the other sign and says so beside them (`torch._neg_view`).
    let isNegated: Bool
    private let storage: Storage
    private let file: InputFile

    /// Bytes of a storage that are in memory at a time, beside the rows that are asked for.
    private static let window = 16 << 20
    /// Bytes of rows that are read together where they do not follow each other in the storage.
    private static let scattered = 256 << 20

    /// - Returns: nil when the view reaches beyond its storage, or its elements cannot be counted.
    init?(shape: [Int], strides: [Int], offset: Int, isNegated: Bool, storage: Storage, file: InputFile) {
        self.shape = shape
        self.strides = strides
        self.offset = offset
        self.isNegated = isNegated
        self.storage = storage
        self.file = file
        guard shape.count == strides.count, shape.count <= 16, offset >= 0, strides.allSatisfy({ $0 >= 0 }),
            CheckedSize.product(shape + [storage.type.size]) != nil
        else { return nil }
        guard !shape.contains(0) else { return }
        guard let last = CheckedSize.lastElement(shape: shape, strides: strides, offset: offset), last < storage.count
        else { return nil }
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

    /// Blocks of some megabytes where rows follow each other; otherwise many, so that the storage is read seldom.
    public var preferredRows: Int {
        let rowsFollow = strides.first.map { first in
            zip(shape, strides).dropFirst().allSatisfy { $0.1 <= first || $0.0 == 1 }
        }
        return max(1, (rowsFollow ?? true ? 4 << 20 : Self.scattered) / max(bytesPerRow, 1))
    }

    /// Reads rows as ``NumberArray`` says.
    public func read(rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
        let count = rows.count * rowSize
        precondition(buffer.count == count * type.size, "the buffer does not hold these rows")
        guard count > 0 else { return }
        let size = type.storedSize
        let first = offset + (shape.isEmpty ? 0 : rows.lowerBound * strides[0])
        // Stored numbers that are narrower than read ones stand in the last part of the buffer and are widened
        // forwards.
        let stored = UnsafeMutableRawBufferPointer(rebasing: buffer[(buffer.count - count * size)...])
        if isContiguous {
            try file.read(at: storage.start + first * size, into: stored)
        } else {
            let sizes = shape.isEmpty ? [] : [rows.count] + shape.dropFirst()
            try StridedView(sizes: sizes, strides: strides, size: size).read(
                window: Self.window, into: stored
            ) { try file.read(at: storage.start + (first + $0) * size, into: $1) }
        }
        if storage.isSwapped { swapBytes(stored, size: size) }
        if type == .bfloat16 { widen(stored, into: buffer) }
        if isNegated { negate(buffer) }
    }

    /// bfloat16 to float32: sixteen zero bits more.
    private func widen(_ stored: UnsafeMutableRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer) {
        for index in 0..<stored.count / 2 {
            let bits = stored.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
            buffer.storeBytes(of: UInt32(bits) << 16, toByteOffset: 4 * index, as: UInt32.self)
        }
    }

    /// Turns the sign of each number as it is read: the highest bit of a float, the two's complement of an integer.
    private func negate(_ buffer: UnsafeMutableRawBufferPointer) {
        let isInteger = if case .integer = type { true } else { false }
        func turn<T: FixedWidthInteger & UnsignedInteger>(_: T.Type) {
            for place in stride(from: 0, to: buffer.count, by: MemoryLayout<T>.size) {
                let value = buffer.loadUnaligned(fromByteOffset: place, as: T.self)
                let turned = isInteger ? 0 &- value : value ^ (1 << (T.bitWidth - 1))
                buffer.storeBytes(of: turned, toByteOffset: place, as: T.self)
            }
        }
        switch type.size {
        case 1: turn(UInt8.self)
        case 2: turn(UInt16.self)
        case 4: turn(UInt32.self)
        default: turn(UInt64.self)
        }
    }
}

/// Elements of a storage in some order, with gaps or several times over, and how to pick them from parts of it.
private struct StridedView {
    /// Dimensions of more than one element: how many, how far apart in the storage, and how far apart where they go.
    private var dimensions: [(count: Int, from: Int, to: Int)] = []
    /// Bytes of an element.
    private let size: Int

    init(sizes: [Int], strides: [Int], size: Int) {
        self.size = size
        var to = 1
        for (count, from) in zip(sizes, strides).reversed() {
            if count != 1 { dimensions.append((count, from, to)) }
            to *= count
        }
        // The farthest apart first, so that a part of them is a part of the storage.
        dimensions.sort { $0.from > $1.from }
    }

    /// Reads parts of the storage and puts their elements where they belong.
    ///
    /// - Parameters:
    ///   - window: Bytes of storage that are read at a time.
    ///   - target: Receives the elements.
    ///   - load: Fills a buffer with the bytes of elements from the given one on.
    func read(
        window: Int, into target: UnsafeMutableRawBufferPointer,
        load: (Int, UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        let source = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(size, min(window, span(from: 0) * size)), alignment: 8)
        defer { source.deallocate() }
        try read(0, from: 0, to: 0, source, target, load)
    }

    /// Elements of the storage from the first to the last that the dimensions from `first` on reach.
    private func span(from first: Int) -> Int { dimensions[first...].reduce(1) { $0 + ($1.count - 1) * $1.from } }

    private func read(
        _ first: Int, from: Int, to: Int, _ source: UnsafeMutableRawBufferPointer,
        _ target: UnsafeMutableRawBufferPointer, _ load: (Int, UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        let bytes = span(from: first) * size
        if bytes <= source.count {
            let part = UnsafeMutableRawBufferPointer(rebasing: source[..<bytes])
            try load(from, part)
            switch size {
            case 1: pick(UInt8.self, first, part, target, to)
            case 2: pick(UInt16.self, first, part, target, to)
            case 4: pick(UInt32.self, first, part, target, to)
            default: pick(UInt64.self, first, part, target, to)
            }
            return
        }
        // As many steps along this dimension as fit; at least one, which the next dimension divides further.
        let (count, step, stride) = dimensions[first]
        let inner = span(from: first + 1)
        // What lies in large gaps is not read along with the little between them.
        let isSparse = step * size >= 1 << 15 && inner < step / 8
        let together = isSparse ? 1 : max(1, (source.count / size - inner) / max(step, 1) + 1)
        var rest = self
        for start in Swift.stride(from: 0, to: count, by: together) {
            rest.dimensions[first].count = min(together, count - start)
            let isOne = rest.dimensions[first].count == 1
            try rest.read(
                isOne ? first + 1 : first, from: from + start * step, to: to + start * stride, source, target, load)
        }
    }

    private func pick<T: BitwiseCopyable>(
        _: T.Type, _ first: Int, _ source: UnsafeMutableRawBufferPointer, _ target: UnsafeMutableRawBufferPointer,
        _ start: Int
    ) {
        let (from, to) = (source.baseAddress!, target.baseAddress!)
        let dimensions = self.dimensions[first...]
        // The last dimension in a loop of its own, the others counted like the digits of a number.
        let inner = dimensions.last ?? (1, 0, 0)
        let outer = Array(dimensions.dropLast())
        var digits = [Int](repeating: 0, count: outer.count)
        var (read, written) = (0, start)
        while true {
            for index in 0..<inner.count {
                let value = from.loadUnaligned(fromByteOffset: (read + index * inner.from) * size, as: T.self)
                to.storeBytes(of: value, toByteOffset: (written + index * inner.to) * size, as: T.self)
            }
            var dimension = outer.count - 1
            while dimension >= 0 {
                digits[dimension] += 1
                read += outer[dimension].from
                written += outer[dimension].to
                if digits[dimension] < outer[dimension].count { break }
                read -= outer[dimension].count * outer[dimension].from
                written -= outer[dimension].count * outer[dimension].to
                digits[dimension] = 0
                dimension -= 1
            }
            if dimension < 0 { return }
        }
    }
}
