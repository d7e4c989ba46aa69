import CHDF5

/// What a data set or an attribute stores.
public enum ElementType: Sendable, Equatable, CustomStringConvertible {
    case float(bits: Int)
    case integer(bits: Int, signed: Bool)
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
public protocol Scalar: BitwiseCopyable {
    /// HDF5's identifier of the type in memory.
    static var memoryType: Int64 { get }
    /// What a file stores for it.
    static var elementType: ElementType { get }
}

extension Int8: Scalar {
    public static var memoryType: Int64 { ch5_int8() }
    public static var elementType: ElementType { .integer(bits: 8, signed: true) }
}
extension Int16: Scalar {
    public static var memoryType: Int64 { ch5_int16() }
    public static var elementType: ElementType { .integer(bits: 16, signed: true) }
}
extension Int32: Scalar {
    public static var memoryType: Int64 { ch5_int32() }
    public static var elementType: ElementType { .integer(bits: 32, signed: true) }
}
extension Int64: Scalar {
    public static var memoryType: Int64 { ch5_int64() }
    public static var elementType: ElementType { .integer(bits: 64, signed: true) }
}
extension Int: Scalar {
    public static var memoryType: Int64 { ch5_int64() }
    public static var elementType: ElementType { .integer(bits: 64, signed: true) }
}
extension UInt8: Scalar {
    public static var memoryType: Int64 { ch5_uint8() }
    public static var elementType: ElementType { .integer(bits: 8, signed: false) }
}
extension UInt16: Scalar {
    public static var memoryType: Int64 { ch5_uint16() }
    public static var elementType: ElementType { .integer(bits: 16, signed: false) }
}
extension UInt32: Scalar {
    public static var memoryType: Int64 { ch5_uint32() }
    public static var elementType: ElementType { .integer(bits: 32, signed: false) }
}
extension UInt64: Scalar {
    public static var memoryType: Int64 { ch5_uint64() }
    public static var elementType: ElementType { .integer(bits: 64, signed: false) }
}
extension Float: Scalar {
    public static var memoryType: Int64 { ch5_float() }
    public static var elementType: ElementType { .float(bits: 32) }
}
extension Double: Scalar {
    public static var memoryType: Int64 { ch5_double() }
    public static var elementType: ElementType { .float(bits: 64) }
}
