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
    static var datatype: MPI_Datatype? {
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

extension Communicator {
    /// Runs `body` with room for one value, and returns what it put there.
    @inline(__always)
    func withRoom<T: BitwiseCopyable>(
        _ initial: T, _ body: (UnsafeMutablePointer<T>) throws(CollectiveError) -> Void
    ) throws(CollectiveError) -> T {
        if watch?.patience.isBlind ?? true {
            var value = initial
            try withUnsafeMutablePointer(to: &value, body)
            return value
        }
        let room = UnsafeMutablePointer<T>.allocate(capacity: 1)
        room.initialize(to: initial)
        try body(room)
        // Only now: what failed may still be pending.
        defer { room.deallocate() }
        return room.pointee
    }
}

/// An array of `count` elements that `body` fills entirely.
func filled<T: BitwiseCopyable>(
    _ count: Int, _ body: (UnsafeMutablePointer<T>) throws(CollectiveError) -> Void
) throws(CollectiveError) -> [T] {
    let room = UnsafeMutableBufferPointer<T>.allocate(capacity: max(count, 1))
    // Zero first: not every rank has all of it written.
    UnsafeMutableRawBufferPointer(room).initializeMemory(as: UInt8.self, repeating: 0)
    if let start = room.baseAddress { try body(start) }
    // Only now: what failed may still be pending.
    defer { room.deallocate() }
    return Array(room.prefix(count))
}

/// What `body` makes of a copy of `values`.
func changed<T: BitwiseCopyable>(
    _ values: [T], _ body: (UnsafeMutablePointer<T>) throws(CollectiveError) -> Void
) throws(CollectiveError) -> [T] {
    try filled(values.count) { room throws(CollectiveError) in
        room.update(from: values, count: values.count)
        try body(room)
    }
}

extension Array where Element: BitwiseCopyable {
    /// Gives `body` the elements, which stay where they are; some address when there are none.
    func withElements(
        _ body: (UnsafePointer<Element>) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        do throws(CollectiveError) {
            try withUnsafeBufferPointer { elements throws(CollectiveError) in
                try body(elements.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Element>.alignment)!)
            }
        } catch {
            // What failed may still be pending.
            _ = Unmanaged.passRetained(Kept(self))
            throw error
        }
    }
}

/// Holds an array.
private final class Kept<Element> {
    let elements: [Element]
    init(_ elements: [Element]) { self.elements = elements }
}
