import Interchange
import PhotozMachine
import PhotozText

/// Arrays under names, of a file of PyTorch or NumPy: what the columns of a partition are looked for in.
struct NamedArrays {
    /// What there is, in the order of the file.
    let names: [String]
    /// The names of the parts of structured arrays.
    private(set) var fields: [String: [String]] = [:]
    /// Whether the names are only places in a row: "0", "1" and on.
    let arePlaces: Bool
    /// The file.
    let source: String
    /// Opens the numbers under a name, from their beginning; nil when there is nothing of that name.
    let numbers: (String) throws -> (any NumberArray)?
    /// Opens the strings under a name; nil when there are none.
    let texts: (String) throws -> NumPyTexts?

    /// The arrays of an `.npz` file. Fields of structured ones are called `array:field`.
    ///
    /// - Throws: `InterchangeError` for a damaged array.
    init(_ file: NumPyFile, source: String) throws {
        names = file.names
        for name in names {
            if case .fields(let fields) = try? file.kind(of: name) { self.fields[name] = fields }
        }
        arePlaces = false
        self.source = source
        let fields = fields
        numbers = { name in
            if let parts = fields[name] {
                throw JobError(
                    .badData,
                    "\(source): \(name) has the fields \(parts.joined(separator: ", ")); say which, as \(name):\(parts.first ?? "field")"
                )
            }
            return try file.array(name)
        }
        texts = { try file.texts($0) }
    }

    /// The tensors of a place in a PyTorch file.
    init(_ place: TorchPlace, of file: TorchFile, source: String) {
        names = place.names
        arePlaces = place.kind == .sequence
        self.source = source
        numbers = { try file.tensor($0, of: place) }
        texts = { _ in nil }
    }

    /// Whether there is something of a name, also as a field.
    func has(_ name: String) -> Bool {
        if names.contains(name) { return true }
        return fields.contains { array, parts in parts.contains { array + ":" + $0 == name } }
    }

    /// What there is, for people.
    var listing: String {
        shortened(
            names.map { name in
                fields[name].map { "\(name) (fields: \(shortened($0.map { "\(name):\($0)" }, 30)))" } ?? name
            }, 30)
    }
}
