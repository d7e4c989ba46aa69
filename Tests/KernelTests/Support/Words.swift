import CKernels

/// Numbers of few bits as the kernels take them, written from the words of the header: one, two or four to a 32-bit
/// word. Words travel as floats of the same bits.
enum Words {
    /// Float32, and bfloat16 and bytes in whichever form a table takes.
    static let kinds = [CK_FLOAT32, CK_BFLOAT16, CK_INT8].map(\.rawValue)

    static func count(_ numbers: Int, _ format: ck_format) -> Int {
        (numbers + perWord(format) - 1) / perWord(format)
    }

    static func perWord(_ format: ck_format) -> Int {
        switch format {
        case CK_INT8: 4
        case CK_BFLOAT16, CK_WIDE_INT8: 2
        default: 1
        }
    }

    static func isBytes(_ format: ck_format) -> Bool { format == CK_INT8 || format == CK_WIDE_INT8 }
    static func isBFloat16(_ format: ck_format) -> Bool { format == CK_BFLOAT16 || format == CK_WIDE_BFLOAT16 }

    /// Numbers that the format holds exactly, near those given: for bytes whole ones of -127 to 127, of which a step
    /// makes the rest.
    static func representable(_ numbers: [Float], _ format: ck_format) -> [Float] {
        if isBFloat16(format) { return numbers.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) } }
        return isBytes(format) ? numbers.map { ($0 * 127).rounded().clamped(to: -127...127) } : numbers
    }

    /// One word of at most as many numbers as it holds.
    ///
    /// - Parameter zero: What is added to bytes of the left operand, which have no sign; nil for the right one.
    static func word(_ numbers: some Collection<Float>, _ format: ck_format, zero: Int?) -> Float {
        var bits: UInt32 = 0
        for (place, number) in numbers.enumerated() {
            switch format {
            case CK_BFLOAT16: bits |= (number.bitPattern >> 16) << UInt32(16 * (1 - place))
            case CK_INT8:
                let byte = zero.map { UInt8(Int(number) + $0) } ?? UInt8(bitPattern: Int8(number))
                bits |= UInt32(byte) << UInt32(8 * place)
            case CK_WIDE_INT8: bits |= UInt32(UInt16(bitPattern: Int16(number))) << UInt32(16 * place)
            default: bits = number.bitPattern
            }
        }
        return Float(bitPattern: bits)
    }

    /// Rows of `width` numbers as rows of words.
    ///
    /// - Parameter zero: What is added to the bytes of a row.
    static func rows(
        _ numbers: [Float], width: Int, _ format: ck_format, zero: (_ row: Int) -> Int
    ) -> [Float] {
        guard width > 0 else { return [] }
        return stride(from: 0, to: numbers.count, by: width).flatMap { row in
            stride(from: row, to: row + width, by: perWord(format)).map {
                word(numbers[$0..<min($0 + perWord(format), row + width)], format, zero: zero(row / width))
            }
        }
    }

    /// The bits of the nearest bfloat16, ties to even.
    static func bfloat16(_ x: Float) -> UInt16 {
        if x.isNaN { return UInt16(x.bitPattern >> 16) | 0x40 }
        if !x.isInfinite, abs(x) < 0x1p-126 { return UInt16(x.bitPattern >> 16) & 0x8000 }
        let (upper, lower) = (x.bitPattern >> 16, x.bitPattern & 0xffff)
        let roundsUp = lower > 0x8000 || (lower == 0x8000 && upper % 2 == 1)
        return UInt16(upper + (roundsUp ? 1 : 0))
    }
}

extension Float {
    fileprivate func clamped(to range: ClosedRange<Float>) -> Float {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
