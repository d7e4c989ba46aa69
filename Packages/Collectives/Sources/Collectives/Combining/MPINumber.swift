import CMPI

/// A number that can be added and compared, by MPI itself where it knows the type.
public protocol MPINumber: BitwiseCopyable, Comparable, Numeric {}

extension Int8: MPINumber {}
extension Int16: MPINumber {}
extension Int32: MPINumber {}
extension Int64: MPINumber {}
extension Int: MPINumber {}
extension UInt8: MPINumber {}
extension UInt16: MPINumber {}
extension UInt32: MPINumber {}
extension UInt64: MPINumber {}
extension UInt: MPINumber {}
extension Float: MPINumber {}
extension Double: MPINumber {}

extension MPINumber {
    /// MPI's name of the type; nil for one that MPI does not know, whose values are then combined by Swift.
    static var datatype: DatatypeHandle? {
        switch ObjectIdentifier(Self.self) {
        case ObjectIdentifier(Double.self): cmpi_double()
        case ObjectIdentifier(Float.self): cmpi_float()
        case ObjectIdentifier(Int.self), ObjectIdentifier(Int64.self): cmpi_int64()
        case ObjectIdentifier(Int32.self): cmpi_int32()
        case ObjectIdentifier(Int16.self): cmpi_int16()
        case ObjectIdentifier(Int8.self): cmpi_int8()
        case ObjectIdentifier(UInt.self), ObjectIdentifier(UInt64.self): cmpi_uint64()
        case ObjectIdentifier(UInt32.self): cmpi_uint32()
        case ObjectIdentifier(UInt16.self): cmpi_uint16()
        case ObjectIdentifier(UInt8.self): cmpi_uint8()
        default: nil
        }
    }
}
