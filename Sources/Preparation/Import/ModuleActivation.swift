import Interchange

/// The activations of the published network.
enum ModuleActivation: String {
    case gelu = "exact GELU"
    case relu = "ReLU"
    case silu = "SiLU"
    case softmax = "Softmax"

    /// - Parameter name: A class or function, such as `GELU` or `gelu`; nil for any other.
    init?(_ name: String) {
        switch name.lowercased() {
        case "gelu": self = .gelu
        case "relu", "relu_": self = .relu
        case "silu", "swish": self = .silu
        case "softmax": self = .softmax
        default: return nil
        }
    }
}

extension TorchModule.Attribute {
    /// A number, whole or not.
    var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }
}
