/// A network whose weights are packed in memory, ready to run; engines share it and never write to it.
public final class PreparedNetwork: @unchecked Sendable {
    let layout: NetworkLayout
    let parameters: UnsafePointer<Float>
    /// What keeps the memory alive.
    private let owner: AnyObject

    /// The sizes of the network.
    public var shape: NetworkShape { layout.shape }
    /// The instruction set that its weights are packed for.
    public var instructionSet: InstructionSet { layout.instructionSet }

    /// A network in memory that someone else owns: packed there by ``pack(_:for:into:)``, perhaps in another process.
    ///
    /// - Parameters:
    ///   - shape: The sizes of the network.
    ///   - instructionSet: What the weights were packed for.
    ///   - memory: ``byteCount(of:for:)`` bytes on a 64-byte boundary.
    ///   - owner: Kept as long as the network.
    public init(
        _ shape: NetworkShape, packedFor instructionSet: InstructionSet, in memory: UnsafeRawBufferPointer,
        owner: AnyObject
    ) {
        layout = NetworkLayout(shape, for: instructionSet)
        precondition(memory.count >= layout.count * MemoryLayout<Float>.stride)
        parameters = memory.baseAddress!.assumingMemoryBound(to: Float.self)
        self.owner = owner
    }

    /// Reads a weights file and packs it into memory of its own.
    ///
    /// - Throws: ``WeightsError`` with every fault of the file.
    public convenience init(_ weights: WeightsFile, for instructionSet: InstructionSet = .widest) throws {
        let memory = AlignedBuffer(count: NetworkLayout(weights.shape, for: instructionSet).count)
        let bytes = UnsafeMutableRawBufferPointer(memory.floats)
        try Self.pack(weights, for: instructionSet, into: bytes)
        self.init(
            weights.shape, packedFor: instructionSet, in: UnsafeRawBufferPointer(bytes), owner: memory)
    }

    /// Bytes that the packed weights of a network of this shape take.
    public static func byteCount(of shape: NetworkShape, for instructionSet: InstructionSet) -> Int {
        NetworkLayout(shape, for: instructionSet).count * MemoryLayout<Float>.stride
    }

    /// Packs the weights of a file into `memory`, ``byteCount(of:for:)`` bytes on a 64-byte boundary.
    ///
    /// - Throws: ``WeightsError`` with every fault of the file.
    public static func pack(
        _ weights: WeightsFile, for instructionSet: InstructionSet, into memory: UnsafeMutableRawBufferPointer
    ) throws {
        let layout = NetworkLayout(weights.shape, for: instructionSet)
        try NetworkPacker(layout: layout, tensors: weights, memory: memory.bindMemory(to: Float.self)).pack()
        try weights.throwFaults()
    }

    func pointer(_ place: Int) -> UnsafePointer<Float> { parameters + place }
}

/// Float32 memory on a 64-byte boundary, zero at first, freed with its owner.
final class AlignedBuffer {
    let floats: UnsafeMutableBufferPointer<Float>

    init(count: Int) {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
        floats = bytes.bindMemory(to: Float.self)
        floats.initialize(repeating: 0)
    }

    var start: UnsafeMutablePointer<Float> { floats.baseAddress! }

    deinit { floats.deallocate() }
}
