import CKernels

/// Numbers of few bits as the kernels take them, written from the words of the header: one, two or four to a 32-bit
/// word. Words travel as floats of the same bits.
enum Words {
    static let formats = [CK_FLOAT32, CK_BFLOAT16, CK_INT8].map(\.rawValue)

    static func count(_ numbers: Int, _ format: ck_format) -> Int {
        (numbers + perWord(format) - 1) / perWord(format)
    }

    static func perWord(_ format: ck_format) -> Int { 1 << Int(format.rawValue) }

    /// Numbers that the format holds exactly, near those given: for bytes whole ones of -127 to 127, of which a scale
    /// makes the rest.
    static func representable(_ numbers: [Float], _ format: ck_format) -> [Float] {
        switch format {
        case CK_BFLOAT16: numbers.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
        case CK_INT8: numbers.map { ($0 * 127).rounded().clamped(to: -127...127) }
        default: numbers
        }
    }

    /// One word of at most as many numbers as it holds. Bytes of the left operand are shifted by 128 and have no sign.
    static func word(_ numbers: some Collection<Float>, _ format: ck_format, isLeft: Bool) -> Float {
        var bits: UInt32 = 0
        for (place, number) in numbers.enumerated() {
            switch format {
            case CK_BFLOAT16: bits |= (number.bitPattern >> 16) << UInt32(16 * place)
            case CK_INT8:
                let byte = isLeft ? UInt8(number + 128) : UInt8(bitPattern: Int8(number))
                bits |= UInt32(byte) << UInt32(8 * place)
            default: bits = number.bitPattern
            }
        }
        return Float(bitPattern: bits)
    }

    /// Rows of `width` numbers as rows of words.
    static func rows(_ numbers: [Float], width: Int, _ format: ck_format) -> [Float] {
        guard width > 0 else { return [] }
        return stride(from: 0, to: numbers.count, by: width).flatMap { row in
            stride(from: row, to: row + width, by: perWord(format)).map {
                word(numbers[$0..<min($0 + perWord(format), row + width)], format, isLeft: true)
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
