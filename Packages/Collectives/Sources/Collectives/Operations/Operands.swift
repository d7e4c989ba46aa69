import CMPI

/// What a reduction or a scan reads and what it writes: often the same memory.
struct Operands {
    let values: UnsafeRawPointer
    /// Nil where a rank gets nothing.
    let result: UnsafeMutableRawPointer?

    init(_ values: UnsafeRawPointer, into result: UnsafeMutableRawPointer?) {
        (self.values, self.result) = (values, result)
    }

    init(inPlace values: UnsafeMutableRawPointer) { self.init(values, into: values) }

    /// Where MPI reads.
    @inline(__always)
    var source: UnsafeRawPointer { isInPlace ? UnsafeRawPointer(cmpi_in_place()) : values }

    private var isInPlace: Bool { result.map { UnsafeRawPointer($0) == values } ?? false }

    /// The same from a byte on.
    @inline(__always)
    func from(_ byte: Int) -> Operands { Operands(values + byte, into: result.map { $0 + byte }) }

    /// Puts the first values into the place of the result, if they are not there.
    func copyValues(_ byteCount: Int) {
        if !isInPlace { result?.copyMemory(from: values, byteCount: byteCount) }
    }
}
