import CMPI

/// A number that can be added and compared. A type that conforms says as what MPI may combine it, and is combined by
/// Swift when it says nothing:
///
/// ```swift
/// extension Float16: @retroactive MPINumber {}
/// ```
public protocol MPINumber: BitwiseCopyable, Comparable, Numeric {
    /// The number as which MPI adds, multiplies and compares these: their bytes are such a number's, and the type's own
    /// operators give what that number's give. Nil, as by default, where Swift's operators are to do it, which is a
    /// little slower. A number of another size than the type's counts as nil.
    static var mpiDatatype: MPIDatatype? { get }
}

extension MPINumber {
    /// Nil: combined by Swift.
    public static var mpiDatatype: MPIDatatype? { nil }

    /// The same, unless its size is another one than the type's.
    static var knownDatatype: MPIDatatype? {
        guard let mpiDatatype, mpiDatatype.size == MemoryLayout<Self>.stride else { return nil }
        return mpiDatatype
    }
}

/// Numbers that MPI combines itself.
public enum MPIDatatype: Sendable {
    /// Integers that wrap around.
    case int8, int16, int32, int64, uint8, uint16, uint32, uint64
    /// Floating-point numbers.
    case float, double
}

extension Int8: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .int8 }
}
extension Int16: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .int16 }
}
extension Int32: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .int32 }
}
extension Int64: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .int64 }
}
extension Int: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .int64 }
}
extension UInt8: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .uint8 }
}
extension UInt16: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .uint16 }
}
extension UInt32: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .uint32 }
}
extension UInt64: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .uint64 }
}
extension UInt: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .uint64 }
}
extension Float: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .float }
}
extension Double: MPINumber {
    /// MPI's own.
    public static var mpiDatatype: MPIDatatype? { .double }
}

extension MPIDatatype {
    /// MPI's name of it.
    var handle: DatatypeHandle {
        switch self {
        case .int8: cmpi_int8()
        case .int16: cmpi_int16()
        case .int32: cmpi_int32()
        case .int64: cmpi_int64()
        case .uint8: cmpi_uint8()
        case .uint16: cmpi_uint16()
        case .uint32: cmpi_uint32()
        case .uint64: cmpi_uint64()
        case .float: cmpi_float()
        case .double: cmpi_double()
        }
    }

    /// In bytes.
    var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float: 4
        case .int64, .uint64, .double: 8
        }
    }

    var isFloatingPoint: Bool { self == .float || self == .double }

    /// Open MPI's vector code saturates sums of 8 and 16 bits, except in the elements that are left over at the end of
    /// an array.
    var isSaturated: Bool { size < 4 && MPI.openMPIVersion != nil }

    /// MPICH 4.0 compares unsigned numbers as if they had a sign.
    var isMisread: Bool { MPI.isMPICH40 && [.uint8, .uint16, .uint32, .uint64].contains(self) }

    static func isOf8Bits(_ datatype: DatatypeHandle) -> Bool { datatype == cmpi_int8() || datatype == cmpi_uint8() }
}
