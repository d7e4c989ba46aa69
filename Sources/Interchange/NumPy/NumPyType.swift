import PhotozCheckedSizes

/// What the elements of a NumPy array are.
enum NumPyType: Equatable {
    case number(NumberType, isSwapped: Bool)
    /// Strings of so many bytes, filled up with zeros.
    case bytes(Int)
    /// Strings of so many characters of four bytes each, filled up with zeros.
    case characters(Int, isSwapped: Bool)
    /// Elements of several parts, one behind the other.
    case record([NumPyField], size: Int)
    /// Nothing that this program reads, and the bytes of an element.
    case other(String, size: Int)

    /// Bytes of an element.
    var size: Int {
        switch self {
        case .number(let type, _): type.storedSize
        case .bytes(let count): count
        // Checked when it was made.
        case .characters(let count, _): 4 * count
        case .record(_, let size), .other(_, let size): size
        }
    }

    /// - Parameter literal: The `descr` of a header.
    /// - Returns: nil when it is none.
    init?(_ literal: PythonLiteral) {
        switch literal {
        case .text(let code): self.init(code: code)
        case .list(let parts): self.init(parts: parts)
        default: return nil
        }
    }

    private init?(code: String) {
        let isSwapped = code.hasPrefix(">")
        let plain = code.drop { "<>|=".contains($0) }
        guard let kind = plain.first else { return nil }
        if let type = NumberType(numpy: plain) {
            self = .number(type, isSwapped: isSwapped)
            return
        }
        let digits = plain.dropFirst().prefix { $0.isNumber }
        // Python objects are pickled one after another: their bytes are not known from the header.
        guard kind != "O" else {
            self = .other("Python objects", size: 0)
            return
        }
        guard let size = Int(digits), size >= 0 else { return nil }
        switch kind {
        case "S", "a": self = .bytes(size)
        case "U":
            guard CheckedSize.product(4, size) != nil else { return nil }
            self = .characters(size, isSwapped: isSwapped)
        case "c": self = .other("complex numbers", size: size)
        case "f": self = .other("floating-point numbers of \(size) bytes", size: size)
        case "M", "m": self = .other("times", size: size)
        case "V": self = .other("bytes without a meaning", size: size)
        default: return nil
        }
    }

    private init?(parts: [PythonLiteral]) {
        var (fields, offset) = ([NumPyField](), 0)
        for part in parts {
            guard let elements = part.elements, (2...3).contains(elements.count), let type = NumPyType(elements[1]),
                let shape = elements.count == 3 ? elements[2].integers : [], shape.count <= 16,
                let size = CheckedSize.product(shape + [type.size]), let end = CheckedSize.sum(offset, size)
            else { return nil }
            // A title may stand before the name.
            guard case .text(let name) = elements[0].elements?.last ?? elements[0] else { return nil }
            if case .record(let inner, _) = type {
                // Records in records by their path; many at a time, of other than numbers, are not taken apart.
                if shape.isEmpty {
                    fields += inner.map {
                        NumPyField(
                            name: name + ":" + $0.name, offset: offset + $0.offset, type: $0.type, shape: $0.shape)
                    }
                }
            } else if !name.isEmpty {
                fields.append(NumPyField(name: name, offset: offset, type: type, shape: shape))
            }
            offset = end
        }
        guard fields.count <= 10_000 else { return nil }
        self = .record(fields, size: offset)
    }

    /// In a few words, for messages.
    var description: String {
        switch self {
        case .number(.float(let bits), _): "float\(bits)"
        case .number(.integer(let bits, true), _): "int\(bits)"
        case .number(.integer(let bits, false), _): "uint\(bits)"
        case .number(.bfloat16, _): "bfloat16"
        case .bytes, .characters: "strings"
        case .record(let fields, _): "records of \(fields.map(\.name).joined(separator: ", "))"
        case .other(let name, _): name
        }
    }
}

/// A part of each element of a structured array.
struct NumPyField: Equatable {
    let name: String
    /// Where it begins in an element.
    let offset: Int
    let type: NumPyType
    /// Sizes of an array that stands in each element; empty for a single value.
    let shape: [Int]
}

/// The header of an array: a Python dictionary such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
///
/// Source: NumPy, `numpy.lib.format`, versions 1.0 to 3.0.
struct NumPyHeader {
    /// Bytes of an element that are taken: it is in memory as a whole.
    private static let largestElement = 1 << 28
    let type: NumPyType
    let isFortranOrdered: Bool
    let shape: [Int]

    /// - Returns: nil when it is no such dictionary, or its sizes are none.
    init?(_ text: String) {
        guard case .dictionary(let entries) = PythonLiteral(text), let type = entries["descr"].flatMap(NumPyType.init),
            case .boolean(let isFortranOrdered) = entries["fortran_order"], case .tuple(let sizes) = entries["shape"],
            let shape = PythonLiteral.tuple(sizes).integers, shape.count <= 16,
            type.size <= Self.largestElement, CheckedSize.product(shape + [type.size]) != nil
        else { return nil }
        self.type = type
        self.shape = shape
        // With one dimension, or none longer than 1, there is only one order.
        self.isFortranOrdered = isFortranOrdered && shape.filter { $0 != 1 }.count > 1
    }
}
