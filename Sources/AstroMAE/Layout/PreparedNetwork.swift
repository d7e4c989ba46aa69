/// A network whose weights are folded and packed in memory, ready to run; engines share it and never write to it.
public final class PreparedNetwork: @unchecked Sendable {
    let layout: NetworkLayout
    private let words: UnsafeRawPointer
    /// What keeps the memory alive.
    private let owner: AnyObject

    /// The sizes of the network.
    public var shape: NetworkShape { layout.shape }
    /// How its weights are stored.
    public var precision: Precision { layout.precision }
    /// The instruction set that its weights are packed for.
    public var instructionSet: InstructionSet { layout.instructionSet }

    /// A network in memory that someone else owns: packed there by ``pack(_:_:for:into:)``, perhaps in another process.
    ///
    /// - Parameters:
    ///   - shape: The sizes of the network.
    ///   - precision: How the weights were packed.
    ///   - instructionSet: What the weights were packed for.
    ///   - memory: ``byteCount(of:_:for:)`` bytes on a 64-byte boundary.
    ///   - owner: Kept as long as the network.
    public init(
        _ shape: NetworkShape, _ precision: Precision, packedFor instructionSet: InstructionSet,
        in memory: UnsafeRawBufferPointer, owner: AnyObject
    ) {
        layout = NetworkLayout(shape, precision, for: instructionSet)
        precondition(memory.count >= layout.count * MemoryLayout<Float>.stride)
        words = memory.baseAddress!
        self.owner = owner
    }

    /// Reads a weights file and packs it into memory of its own.
    ///
    /// - Throws: ``WeightsError`` with every fault of the file.
    public convenience init(
        _ weights: WeightsFile, _ precision: Precision = .float32, for instructionSet: InstructionSet = .widest
    ) throws {
        try self.init(weights.shape, precision, for: instructionSet) {
            try Self.pack(weights, precision, for: instructionSet, into: $0)
        }
    }

    /// A network in memory of its own, which `fill` packs.
    ///
    /// - Throws: What `fill` throws.
    package convenience init(
        _ shape: NetworkShape, _ precision: Precision, for instructionSet: InstructionSet,
        filledBy fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) rethrows {
        let memory = AlignedBuffer(words: NetworkLayout(shape, precision, for: instructionSet).count)
        try fill(memory.bytes)
        self.init(
            shape, precision, packedFor: instructionSet, in: UnsafeRawBufferPointer(memory.bytes), owner: memory)
    }

    /// Bytes that the packed weights of a network of this shape take.
    public static func byteCount(
        of shape: NetworkShape, _ precision: Precision, for instructionSet: InstructionSet
    ) -> Int {
        NetworkLayout(shape, precision, for: instructionSet).count * MemoryLayout<Float>.stride
    }

    /// How many times packing has changed. Packed weights are kept from one start of the program to another, so raise
    /// it whenever the same weights come to be packed into other bytes: `PackedBytesTests` notices.
    private static let layoutVersion = 1

    /// All that decides how weights are packed, as a text: two layouts never have the same.
    package static func layoutKey(
        of shape: NetworkShape, _ precision: Precision, for instructionSet: InstructionSet
    ) -> String {
        let layout = NetworkLayout(shape, precision, for: instructionSet)
        let parts = [
            "version \(layoutVersion)", precision.rawValue, "\(instructionSet)", "\(layout.linear)",
            "convolutions \(layout.convolution)", "vectors of \(instructionSet.lanes)",
            "panels of \(instructionSet.panel)", "\(byteCount(of: shape, precision, for: instructionSet)) bytes",
        ]
        return parts.joined(separator: ", ")
    }

    /// Folds the weights of a file and packs them into `memory`, ``byteCount(of:_:for:)`` zeros on a 64-byte boundary.
    ///
    /// - Throws: ``WeightsError`` with every fault of the file.
    public static func pack(
        _ weights: WeightsFile, _ precision: Precision, for instructionSet: InstructionSet,
        into memory: UnsafeMutableRawBufferPointer
    ) throws {
        let layout = NetworkLayout(weights.shape, precision, for: instructionSet)
        let faults = try NetworkPacker(layout, weights, into: memory).pack()
        // What is wrong in the file comes first, since all that follows from it is wrong too.
        try weights.throwFaults()
        guard faults.isEmpty else { throw WeightsError(file: weights.path, faults: faults) }
    }

    /// The float32 numbers from a place of the layout.
    func floats(_ place: Int) -> UnsafePointer<Float> { (words + 4 * place).assumingMemoryBound(to: Float.self) }

    /// The words from a place of the layout.
    func words(_ place: Int) -> UnsafePointer<Int32> { (words + 4 * place).assumingMemoryBound(to: Int32.self) }
}
