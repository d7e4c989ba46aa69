import CMPI

/// A number that MPI itself can add and compare.
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
    /// MPI's name of the type.
    static var datatype: MPI_Datatype? {
        let bits = 8 * MemoryLayout<Self>.size
        guard let integer = Self.self as? any FixedWidthInteger.Type else {
            return bits == 32 ? cmpi_float() : cmpi_double()
        }
        switch (bits, integer.isSigned) {
        case (8, true): return cmpi_int8()
        case (16, true): return cmpi_int16()
        case (32, true): return cmpi_int32()
        case (64, true): return cmpi_int64()
        case (8, false): return cmpi_uint8()
        case (16, false): return cmpi_uint16()
        case (32, false): return cmpi_uint32()
        default: return cmpi_uint64()
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
