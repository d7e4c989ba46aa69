import CHDF5

/// What a data set or an attribute stores.
public enum ElementType: Sendable, Equatable, CustomStringConvertible {
    /// A floating-point number, such as float16 or float64.
    case float(bits: Int)
    /// A whole number.
    case integer(bits: Int, signed: Bool)
    /// Text of fixed or variable length.
    case string
    /// A kind of type that this library does not read, by HDF5's name.
    case other(String)

    /// The usual short name: `float32`, `int64`, `string`.
    public var description: String {
        switch self {
        case .float(let bits): "float\(bits)"
        case .integer(let bits, let signed): (signed ? "int" : "uint") + "\(bits)"
        case .string: "string"
        case .other(let name): name
        }
    }

    /// Whether values convert to numbers.
    public var isNumeric: Bool {
        switch self {
        case .float, .integer: true
        default: false
        }
    }

    init(_ type: hid_t) {
        let bits = 8 * H5Tget_size(type)
        switch H5Tget_class(type) {
        case H5T_FLOAT: self = .float(bits: bits)
        case H5T_INTEGER: self = .integer(bits: bits, signed: H5Tget_sign(type) != H5T_SGN_NONE)
        case H5T_STRING: self = .string
        case H5T_COMPOUND: self = .other("compound")
        case H5T_ENUM: self = .other("enumeration")
        case H5T_ARRAY: self = .other("array")
        case H5T_VLEN: self = .other("variable-length sequence")
        default: self = .other("unsupported type")
        }
    }
}

/// A number that HDF5 converts to and from whatever a file stores.
public protocol Scalar: BitwiseCopyable, Numeric {}

extension Int8: Scalar {}
extension Int16: Scalar {}
extension Int32: Scalar {}
extension Int64: Scalar {}
extension Int: Scalar {}
extension UInt8: Scalar {}
extension UInt16: Scalar {}
extension UInt32: Scalar {}
extension UInt64: Scalar {}
extension Float: Scalar {}
extension Double: Scalar {}

extension Scalar {
    /// The library's identifier of the type in memory.
    static var memoryType: hid_t {
        let bits = 8 * MemoryLayout<Self>.size
        guard let integer = Self.self as? any FixedWidthInteger.Type else {
            return bits == 32 ? ch5_float() : ch5_double()
        }
        switch (bits, integer.isSigned) {
        case (8, true): return ch5_int8()
        case (16, true): return ch5_int16()
        case (32, true): return ch5_int32()
        case (64, true): return ch5_int64()
        case (8, false): return ch5_uint8()
        case (16, false): return ch5_uint16()
        case (32, false): return ch5_uint32()
        default: return ch5_uint64()
        }
    }
}
