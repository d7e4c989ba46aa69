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

    /// The format of dense layers on tokens and features.
    var linear: NumberFormat {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .int8: .int8
        }
    }

    /// The format of convolutions, the patch embedding among them.
    var convolution: NumberFormat { self == .float32 ? .float32 : .bfloat16 }
}

/// How numbers fill 32-bit words, as the kernels know it.
enum NumberFormat {
    case float32, bfloat16, int8

    /// The kernels' name of it.
    var code: ck_format {
        switch self {
        case .float32: CK_FLOAT32
        case .bfloat16: CK_BFLOAT16
        case .int8: CK_INT8
        }
    }

    /// Numbers in one word.
    var numbersPerWord: Int {
        switch self {
        case .float32: 1
        case .bfloat16: 2
        case .int8: 4
        }
    }

    /// The largest number; those of bytes have a scale in float32.
    var largest: Double {
        self == .bfloat16 ? Double(Float(bitPattern: 0x7f7f_0000)) : Double(Float.greatestFiniteMagnitude)
    }

    /// Words that `count` numbers fill, the last one perhaps in part.
    func words(_ count: Int) -> Int { (count + numbersPerWord - 1) / numbersPerWord }

    /// `count` rounded up to whole words.
    func padded(_ count: Int) -> Int { words(count) * numbersPerWord }
}
