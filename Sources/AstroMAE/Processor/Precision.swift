import CKernels

/// How the engine stores weights and activations of its matrix products. Sums are float32, or exact integers; tokens,
/// attention weights and the first magnitude layer are float32 or wider in every precision.
public enum Precision: String, Sendable, CaseIterable {
    /// float32 throughout.
    case float32 = "f32"
    /// bfloat16 weights and activations, sums in float32.
    case bfloat16 = "bf16"
    /// Eight bits: weights with a scale for each output, activations with a scale for each token. Convolutions are in
    /// bfloat16.
    case int8

    /// The format of dense layers on tokens and features, as a processor takes it.
    func linear(_ instructionSet: InstructionSet) -> NumberFormat {
        switch self {
        case .float32: .float32
        case .bfloat16: instructionSet.bfloat16
        case .int8: instructionSet.int8
        }
    }

    /// The format of convolutions; the patch embedding is none, since each patch is a row of its own.
    func convolution(_ instructionSet: InstructionSet) -> NumberFormat {
        self == .float32 ? .float32 : instructionSet.bfloat16
    }
}

/// How numbers fill 32-bit words, as the kernels know it. The wide forms are for processors that are slow at the narrow
/// ones; products have the same bits in both.
enum NumberFormat: UInt32 {
    case float32, bfloat16, wideBFloat16, int8, wideInt8

    /// The kernels' name of it.
    var code: ck_format { ck_format(rawValue) }

    /// Numbers in one word.
    var numbersPerWord: Int {
        switch self {
        case .float32, .wideBFloat16: 1
        case .bfloat16, .wideInt8: 2
        case .int8: 4
        }
    }

    /// Whether numbers stand for steps of a size that each row, or output, has for itself.
    var isBytes: Bool { self == .int8 || self == .wideInt8 }

    /// Whether numbers have the digits of bfloat16.
    var isBFloat16: Bool { self == .bfloat16 || self == .wideBFloat16 }

    /// The largest number; those of bytes have a scale in float32.
    var largest: Double {
        isBFloat16 ? Double(Float(bitPattern: 0x7f7f_0000)) : Double(Float.greatestFiniteMagnitude)
    }

    /// Words that `count` numbers fill, the last one perhaps in part.
    func words(_ count: Int) -> Int { (count + numbersPerWord - 1) / numbersPerWord }

    /// `count` rounded up to whole words.
    func padded(_ count: Int) -> Int { words(count) * numbersPerWord }
}
