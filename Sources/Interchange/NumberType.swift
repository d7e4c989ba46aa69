/// How numbers are stored in a file of PyTorch or NumPy.
public enum NumberType: Sendable, Equatable {
    /// IEEE 754, of 16, 32 or 64 bits.
    case float(bits: Int)
    /// The upper half of a float32; read as float32, which holds the same number.
    case bfloat16
    /// A whole number.
    case integer(bits: Int, signed: Bool)

    /// Bytes of a number in the file.
    var storedSize: Int {
        switch self {
        case .bfloat16: 2
        case .float(let bits), .integer(let bits, _): bits / 8
        }
    }

    /// Bytes of a number as it is read.
    public var size: Int { self == .bfloat16 ? 4 : storedSize }

    /// The type of a PyTorch storage class; nil for those that hold no real numbers.
    init?(torchStorage name: String) {
        switch name {
        case "torch.DoubleStorage": self = .float(bits: 64)
        case "torch.FloatStorage": self = .float(bits: 32)
        case "torch.HalfStorage": self = .float(bits: 16)
        case "torch.BFloat16Storage": self = .bfloat16
        case "torch.LongStorage": self = .integer(bits: 64, signed: true)
        case "torch.IntStorage": self = .integer(bits: 32, signed: true)
        case "torch.ShortStorage": self = .integer(bits: 16, signed: true)
        case "torch.CharStorage": self = .integer(bits: 8, signed: true)
        case "torch.ByteStorage", "torch.BoolStorage": self = .integer(bits: 8, signed: false)
        default: return nil
        }
    }

    /// The type of a PyTorch `dtype` that has no storage class of its own; nil for those that hold no real numbers.
    init?(torchType name: String) {
        switch name {
        case "torch.uint16": self = .integer(bits: 16, signed: false)
        case "torch.uint32": self = .integer(bits: 32, signed: false)
        case "torch.uint64": self = .integer(bits: 64, signed: false)
        default: return nil
        }
    }

    /// The type of a NumPy `descr` without its byte order, such as `f4`; nil for those that hold no real numbers.
    init?(numpy code: Substring) {
        guard let kind = code.first, let bytes = Int(code.dropFirst()) else { return nil }
        switch (kind, bytes) {
        case ("f", 2), ("f", 4), ("f", 8): self = .float(bits: 8 * bytes)
        case ("i", 1), ("i", 2), ("i", 4), ("i", 8): self = .integer(bits: 8 * bytes, signed: true)
        case ("u", 1), ("u", 2), ("u", 4), ("u", 8): self = .integer(bits: 8 * bytes, signed: false)
        case ("b", 1): self = .integer(bits: 8, signed: false)
        default: return nil
        }
    }
}

/// An array of a file whose rows, the first dimension, can be read some at a time.
public protocol NumberArray: AnyObject {
    /// Sizes; empty for a scalar.
    var shape: [Int] { get }
    /// How numbers are stored.
    var type: NumberType { get }
    /// Rows that are best read together.
    var preferredRows: Int { get }

    /// Reads rows as they are stored (bfloat16 as float32), in C order and this machine's order of bytes.
    ///
    /// - Parameters:
    ///   - rows: A range of the first dimension, following the one before; `0..<1` for a scalar.
    ///   - buffer: Exactly the bytes of these rows.
    /// - Throws: ``InterchangeError`` when the file is cut short or damaged.
    func read(rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws
}

extension NumberArray {
    /// Rows; one for a scalar.
    public var rowCount: Int { shape.first ?? 1 }
    /// Bytes of a row as it is read. Who makes an array has checked that the product of its sizes is one.
    public var bytesPerRow: Int { shape.dropFirst().reduce(type.size, *) }

    /// The whole array, for what is small.
    ///
    /// - Throws: ``InterchangeError`` when the file is cut short or damaged.
    public func readAll() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: rowCount * bytesPerRow)
        try bytes.withUnsafeMutableBytes { try read(rows: 0..<rowCount, into: $0) }
        return bytes
    }
}

/// Swaps the bytes of each number.
func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, size: Int) {
    guard size > 1 else { return }
    for start in stride(from: 0, to: bytes.count, by: size) {
        bytes[start..<start + size].reverse()
    }
}
