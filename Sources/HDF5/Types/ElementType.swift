import CHDF5

/// What a data set or an attribute stores.
public enum ElementType: Sendable, Equatable, CustomStringConvertible {
    /// A floating-point number of IEEE 754: float16, float32, float64.
    case float(bits: Int)
    /// A floating-point number with other fields, such as bfloat16 or the long double of a C compiler.
    case customFloat(name: String, bits: Int)
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
        case .customFloat(let name, _): name
        case .integer(let bits, let signed): (signed ? "int" : "uint") + "\(bits)"
        case .string: "string"
        case .other(let name): name
        }
    }

    /// Bytes of a number; nil for what is no number.
    public var size: Int? {
        switch self {
        case .float(let bits), .customFloat(_, let bits), .integer(let bits, _): bits / 8
        default: nil
        }
    }

    /// Whether values convert to numbers.
    public var isNumeric: Bool {
        switch self {
        case .float, .customFloat, .integer: true
        default: false
        }
    }

    /// Whether it is a floating-point number.
    public var isFloat: Bool {
        switch self {
        case .float, .customFloat: true
        default: false
        }
    }

    init(_ type: hid_t) {
        let bits = 8 * H5Tget_size(type)
        switch H5Tget_class(type) {
        case H5T_FLOAT, H5T_INTEGER:
            self = Self.hasSoundFields(type) ? .number(type, bits: bits) : .other("damaged number")
        case H5T_STRING: self = .string
        case H5T_TIME: self = .other("time")
        case H5T_BITFIELD: self = .other("bit field")
        case H5T_OPAQUE: self = .other("opaque")
        case H5T_COMPOUND: self = .other("compound")
        case H5T_REFERENCE: self = .other("reference")
        case H5T_ENUM: self = .other("enumeration")
        case H5T_ARRAY: self = .other("array")
        case H5T_VLEN: self = .other("variable-length sequence")
        default: self = .other("unsupported type")
        }
    }

    private static func number(_ type: hid_t, bits: Int) -> ElementType {
        guard H5Tget_class(type) == H5T_FLOAT else {
            return .integer(bits: bits, signed: H5Tget_sign(type) != H5T_SGN_NONE)
        }
        var (sign, exponent, exponentSize, mantissa, mantissaSize) = (0, 0, 0, 0, 0)
        H5Tget_fields(type, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize)
        let bias = H5Tget_ebias(type)
        let fields = [sign, exponent, exponentSize, mantissa, mantissaSize, bias]
        func isLike(_ exponentBits: Int, _ mantissaBits: Int) -> Bool {
            let usual = [bits - 1, mantissaBits, exponentBits, 0, mantissaBits, 1 << (exponentBits - 1) - 1]
            return fields == usual && 1 + exponentBits + mantissaBits == bits
                && H5Tget_norm(type) == H5T_NORM_IMPLIED
        }
        switch bits {
        case 16 where isLike(5, 10), 32 where isLike(8, 23), 64 where isLike(11, 52): return .float(bits: bits)
        case 16 where isLike(8, 7): return .customFloat(name: "bfloat16", bits: bits)
        default:
            let name = "float\(bits) (\(exponentSize) bits of exponent, \(mantissaSize) of fraction)"
            return .customFloat(name: name, bits: bits)
        }
    }

    /// Whether a number has a size that numbers have, and its bits lie within it. A damaged file may say otherwise, and
    /// HDF5 1.10 then takes memory without end, or reads and writes beyond it.
    static func hasSoundFields(_ type: hid_t) -> Bool {
        let bits = 8 * H5Tget_size(type)
        let (precision, offset) = (H5Tget_precision(type), Int(H5Tget_offset(type)))
        guard precision > 0, offset >= 0, precision + offset <= bits, bits <= 512 else { return false }
        guard H5Tget_class(type) == H5T_FLOAT else { return true }
        var (sign, exponent, exponentSize, mantissa, mantissaSize) = (0, 0, 0, 0, 0)
        guard H5Tget_fields(type, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize) >= 0 else { return false }
        return sign < bits && exponentSize > 0 && exponentSize <= 32 && exponent + exponentSize <= bits
            && mantissaSize > 0 && mantissa + mantissaSize <= bits
    }

    /// The library's type to store numbers of this type, in this machine's byte order; nil when there is none.
    func stored() -> Handle? {
        switch self {
        case .float(16): return HalfPrecision.type()
        case .float(32): return Handle(H5Tcopy(ch5_float()), H5Tclose)
        case .float(64): return Handle(H5Tcopy(ch5_double()), H5Tclose)
        case .integer(let bits, let signed):
            let types: [Int: (hid_t, hid_t)] = [
                8: (ch5_int8(), ch5_uint8()), 16: (ch5_int16(), ch5_uint16()), 32: (ch5_int32(), ch5_uint32()),
                64: (ch5_int64(), ch5_uint64()),
            ]
            return types[bits].flatMap { Handle(H5Tcopy(signed ? $0.0 : $0.1), H5Tclose) }
        default: return nil
        }
    }
}
