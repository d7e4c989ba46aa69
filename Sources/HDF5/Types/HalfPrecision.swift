import CHDF5

/// Numbers of half precision, which HDF5 1.10 converts bit by bit: a network of 16 million weights would take a second.
/// They are read as they are stored and converted here.
enum HalfPrecision {
    /// IEEE 754 binary16, little-endian, which HDF5 has no name for before 1.14.4: sign at bit 15, 5 exponent bits, 10
    /// of the fraction. The fields move within the first bits before the size shrinks, else they would lie outside.
    static func type() -> Handle? {
        guard let type = Handle(H5Tcopy(ch5_ieee_float32()), H5Tclose),
            H5Tset_fields(type.id, 15, 10, 5, 0, 10) >= 0, H5Tset_size(type.id, 2) >= 0,
            H5Tset_ebias(type.id, 15) >= 0
        else { return nil }
        return type
    }

    /// Whether a data set stores exactly that, on a machine with the same order of bytes.
    static func isStored(in dataset: Dataset) -> Bool {
        guard dataset.elementType == .float(bits: 16), 1.littleEndian == 1, let type = type() else { return false }
        return H5Tequal(type.id, dataset.type.id) > 0
    }

    /// Runs `read` into a buffer of half-precision numbers and converts them, exactly.
    static func convert<T>(into buffer: UnsafeMutableBufferPointer<T>, _ read: (UnsafeMutableRawPointer?) -> herr_t)
        -> herr_t
    {
        withUnsafeTemporaryAllocation(of: UInt16.self, capacity: buffer.count) { halves in
            let status = read(halves.baseAddress)
            guard status >= 0 else { return status }
            if let floats = buffer as? UnsafeMutableBufferPointer<Float> {
                for index in halves.indices { floats[index] = single(halves[index]) }
            } else if let doubles = buffer as? UnsafeMutableBufferPointer<Double> {
                for index in halves.indices { doubles[index] = Double(single(halves[index])) }
            }
            return status
        }
    }

    /// The number that the 16 bits stand for. Without a branch or a call, so that the compiler makes vectors of it; the
    /// conversion of `Float16` is a call for each number where the processor's own instruction may not be assumed.
    @inline(__always)
    static func single(_ half: UInt16) -> Float {
        let bits = UInt32(half)
        // Moved to the places of float32, the exponent is 112 too small; the product is exact, also below 2^-14.
        let magnitude = Float(bitPattern: (bits & 0x7fff) << 13) * 0x1p112
        // All exponent bits set mean infinity or NaN in both formats.
        let isFinite = bits & 0x7c00 != 0x7c00
        let special: UInt32 = isFinite ? 0 : 0x7f80_0000
        return Float(bitPattern: magnitude.bitPattern | special | (bits & 0x8000) << 16)
    }
}
