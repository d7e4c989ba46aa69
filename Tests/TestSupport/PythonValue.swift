/// A value of Python's, to be pickled.
public indirect enum PythonValue: Sendable {
    case none
    case boolean(Bool)
    case integer(Int)
    /// An integer of any size: two's complement, the lowest byte first.
    case long([UInt8])
    case number(Double)
    case text(String)
    case bytes([UInt8])
    case tuple([PythonValue])
    case list([PythonValue])
    case set([PythonValue])
    case frozenset([PythonValue])
    case dictionary([(String, PythonValue)])
    /// Keys of any kind.
    case mapping([(PythonValue, PythonValue)])
    /// A class or function by its module and name.
    case global(String, String)
    /// What a function gives for some arguments, and what it is told to be made of.
    case call(String, String, [PythonValue], state: PythonValue?)
    /// An empty object of a class, and what it is told to be made of.
    case object(String, String, state: PythonValue)
    /// Numbers of a storage, by its key, seen through a shape and strides.
    case tensor(TorchView)

    /// A dictionary that remembers its order, as state dicts are.
    public static func orderedDictionary(_ entries: [(String, PythonValue)]) -> PythonValue {
        .filled("collections", "OrderedDict", [], entries)
    }

    /// A dictionary with values for keys that it has not.
    public static func defaultDictionary(_ entries: [(String, PythonValue)]) -> PythonValue {
        .filled("collections", "defaultdict", [.global("builtins", "list")], entries)
    }

    /// What a function gives, and then is filled as dictionaries are.
    case filled(String, String, [PythonValue], [(String, PythonValue)])
}

/// How a tensor looks at its storage.
public struct TorchView: Sendable {
    /// The storage's key.
    public var storage: String
    /// Elements of the storage.
    public var count: Int
    /// PyTorch's name of the storage's type.
    public var kind = "FloatStorage"
    /// Elements along each axis.
    public var shape: [Int]
    /// Elements between neighbours along each axis.
    public var strides: [Int]
    /// The first element's place in the storage.
    public var offset = 0
    /// What stands beside the tensor, such as the negative bit.
    public var metadata: [(String, PythonValue)] = []
    /// Whether it is pickled as a parameter.
    public var isParameter = false

    /// The whole storage, in C order.
    public init(_ storage: String, shape: [Int], kind: String = "FloatStorage") {
        (self.storage, self.shape, self.kind) = (storage, shape, kind)
        count = shape.reduce(1, *)
        strides = shape.indices.map { shape[($0 + 1)...].reduce(1, *) }
    }

    /// A part of a storage.
    public init(_ storage: String, of count: Int, shape: [Int], strides: [Int], offset: Int = 0) {
        (self.storage, self.count, self.shape, self.strides, self.offset) = (storage, count, shape, strides, offset)
    }
}
