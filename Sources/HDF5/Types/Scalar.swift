import CHDF5

/// A number that HDF5 converts to and from whatever a file stores.
///
/// A value outside the range of the type that it is converted to becomes the nearest one, or infinity for
/// floating-point numbers; fractions are cut off.
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

    /// What a data set of such numbers stores unless told otherwise.
    static var elementType: ElementType { ElementType(memoryType) }
}
