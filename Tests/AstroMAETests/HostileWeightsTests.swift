import AstroMAE
import Glibc
import HDF5
import TestSupport
import Testing

/// Weights files that are wrong, or odd: refused by name, or computed as the plain network does. Nothing here may end
/// the process.
@Suite(.serialized) struct HostileWeightsTests {
    let scratch = try! TemporaryFolder()

    /// What `PreparedNetwork` says of a network, or nil when it takes it.
    private func faults(
        _ network: RandomNetwork, _ precision: Precision, _ change: (inout [String: PlainTensor]) -> Void = { _ in }
    ) throws -> String? {
        var tensors = network.tensors
        change(&tensors)
        try RandomNetwork.write(scratch.file("w.h5"), tensors, attributes: ["num_heads": Double(network.heads)])
        do {
            _ = try PreparedNetwork(WeightsFile(scratch.file("w.h5")), precision)
            return nil
        } catch let error as WeightsError {
            return error.description
        }
    }

    @Test(arguments: Precision.allCases) func aNegativeVarianceIsNamed(precision: Precision) throws {
        for name in ["blocks.0.PCM.1.running_var", "inception_model.vis_inception.5.branch2.1.bn.running_var"] {
            let fault = try faults(RandomNetwork(seed: 1), precision) { $0[name]?.values[0] = -0.25 }
            #expect(
                fault?.contains("\(name): element 0 is -0.25; a variance is not negative") == true, "\(fault ?? "")")
        }
    }

    @Test(arguments: Precision.allCases, [Double.nan, .infinity]) func noNumberIsNamed(
        precision: Precision, value: Double
    ) throws {
        // In int8 the bytes of such a row were a trap.
        let fault = try faults(RandomNetwork(seed: 1), precision) { $0["blocks.0.mlp.fc1.weight"]?.values[0] = value }
        #expect(fault?.contains("blocks.0.mlp.fc1.weight: element 0 is \(value), not a finite number") == true)
    }

    /// Finite tensors whose fold exceeds what a weight can be, each with the layer that is named.
    static let folds: [(String, @Sendable (inout [String: PlainTensor]) -> Void)] = [
        (
            "blocks.0.mlp.fc1 behind blocks.0.norm2",
            {
                $0["blocks.0.norm2.weight"]!.values[0] = 3e38
                $0["blocks.0.mlp.fc1.weight"]!.values[0] = 2
            }
        ),
        (
            "blocks.0.attn.qkv behind blocks.0.norm1",
            {
                $0["blocks.0.norm1.weight"]!.values[0] = 3e38
                let places = $0["blocks.0.attn.qkv.weight"]!.values.indices
                for index in places { $0["blocks.0.attn.qkv.weight"]!.values[index] = -7 }
            }
        ),
        (
            "blocks.0.PCM.0 with blocks.0.PCM.1",
            {
                $0["blocks.0.PCM.1.weight"]!.values[0] = 3e38
                $0["blocks.0.PCM.0.bias"]!.values[0] = 1e3
            }
        ),
        (
            "vit_block.0 behind head behind fc_norm",
            {
                $0["fc_norm.weight"]!.values[0] = 3e38; $0["head.weight"]!.values[0] = 1e30
                for index in $0["vit_block.0.weight"]!.values.indices { $0["vit_block.0.weight"]!.values[index] = 1 }
            }
        ),
        (
            "concat_block.0 behind inception_model.magnitude_block.8",
            {
                $0["inception_model.magnitude_block.8.weight"]!.values[0] = 3e38
                for index in $0["concat_block.0.weight"]!.values.indices {
                    $0["concat_block.0.weight"]!.values[index] = 10
                }
            }
        ),
        (
            "cls_token with pos_embed",
            {
                $0["cls_token"]!.values[0] = 3e38
                $0["pos_embed"]!.values[0] = 3e38
            }
        ),
        (
            "inception_model.vis_inception.2.branch1.conv with inception_model.vis_inception.2.branch1.bn",
            {
                $0["inception_model.vis_inception.2.branch1.conv.weight"]!.values[0] = 3e38
                $0["inception_model.vis_inception.2.branch1.bn.running_var"]!.values[0] = 1e-4
            }
        ),
    ]

    @Test(arguments: Precision.allCases, folds.indices) func foldsBeyondFloat32AreNamed(
        precision: Precision, fold: Int
    ) throws {
        let (name, change) = Self.folds[fold]
        let fault = try faults(RandomNetwork(seed: 1), precision, change)
        #expect(fault?.contains("\(name): folded into one layer") == true, "\(fault ?? "taken")")
        // What a run refuses, `inspect` does not call whole.
        #expect(throws: WeightsError.self) { try WeightsFile(scratch.file("w.h5")).checkValues() }
    }

    @Test func whatOnlyFloat32HoldsIsRefusedInBFloat16() throws {
        // 3.4e38 would round to infinity there.
        func change(_ tensors: inout [String: PlainTensor]) {
            tensors["blocks.0.attn.proj.weight"]!.values[0] = Double(Float.greatestFiniteMagnitude)
        }
        #expect(try faults(RandomNetwork(seed: 1), .float32, change) == nil)
        #expect(try faults(RandomNetwork(seed: 1), .bfloat16, change)?.contains("blocks.0.attn.proj:") == true)
    }

    @Test func sizesThatOverflowAreNamed() {
        var shape = NetworkShape()
        (shape.bands, shape.patch, shape.grid, shape.embedding, shape.depth) = (5, 8, 4, 192, 12)
        (shape.heads, shape.hidden, shape.groups, shape.groupedHidden, shape.stem) = (12, 768, 48, 768, 32)
        shape.inception = .init(repeating: 16)
        for head in [\NetworkShape.tokenHead, \.imageHead, \.magnitudeHead] { shape.setWidths(head, 1096) }
        shape.joined = 1024
        #expect(shape.memoryFault(1 << 30) == nil)
        #expect(shape.memoryFault(1 << 20)?.contains("this computer has 0.0 GB") == true)
        let most = 1 << 20
        let changes: [(String, (inout NetworkShape) -> Void)] = [
            ("vis_inception.10", { ($0.patch, $0.grid) = (most, 256) }),
            ("patch_embed.proj.weight", { ($0.bands, $0.patch) = (most, 1 << 18) }),
            ("attn.qkv", { $0.embedding = most }), ("fc1", { $0.hidden = most * 1024 }),
            ("vis_inception.8", { $0.inception[4] = most }), ("vit_block", { $0.setWidths(\.tokenHead, most) }),
            ("magnitude_block", { $0.setWidths(\.magnitudeHead, most) }), ("concat", { $0.joined = most * 16 }),
            ("PCM", { $0.groupedHidden = most * most }),
        ]
        for (name, change) in changes {
            var other = shape
            change(&other)
            #expect(other.memoryFault(1 << 33)?.contains(name) == true, "\(name): \(other.memoryFault(1 << 33) ?? "")")
        }
    }

    @Test func aSumThatInt8CannotHoldIsRefused() throws {
        // 3 * 45 channels of 32 x 32 pixels: more products than 32 bits hold.
        let network = RandomNetwork.flattening(width: 45, side: 256)
        let fault = try faults(network, .int8)
        #expect(fault?.contains("inception_model.vis_inception.10: has 138240 inputs; int8") == true, "\(fault ?? "")")
        #expect(try faults(network, .bfloat16) == nil && faults(network, .float32) == nil)
    }

    /// Attributes that say something impossible.
    @Test(arguments: [
        ("num_heads", 0.0), ("num_heads", -1), ("num_heads", 7919), ("num_heads", 4e18), ("layer_norm_eps", 1e-46),
        ("layer_norm_eps", 0), ("layer_norm_eps", -1), ("layer_norm_eps", .nan), ("batch_norm_eps", .infinity),
        ("batch_norm_eps", 1e300),
    ])
    func impossibleAttributesAreNamed(name: String, value: Double) throws {
        let network = RandomNetwork(seed: 2)
        let attributes = ["num_heads": Double(network.heads)].merging([name: value]) { $1 }
        try RandomNetwork.write(scratch.file("w.h5"), network.tensors, attributes: attributes)
        let error = #expect(throws: WeightsError.self) { try WeightsFile(scratch.file("w.h5")) }
        #expect(error?.description.contains("attribute \(name)") == true, "\(error?.description ?? "")")
    }

    @Test func changedFilesAreRightOrRefused() throws {
        var (numbers, taken, refused) = (SeededNumbers(seed: 9), 0, 0)
        for seed in 0..<120 {
            let network = RandomNetwork(seed: seed % 20, budget: 60_000)
            var tensors = network.tensors
            var attributes = ["num_heads": Double(network.heads)]
            let name = tensors.keys.sorted().randomElement(using: &numbers)!
            var shape = tensors[name]!.shape
            switch seed % 8 {
            case 0: tensors[name] = nil
            case 1: shape.append(1)
            case 2: shape[Int.random(in: shape.indices, using: &numbers)] += 1
            case 3: shape[Int.random(in: shape.indices, using: &numbers)] = 0
            case 4: shape.reverse()
            case 5: attributes["num_heads"] = Double(Int.random(in: 1...6, using: &numbers))
            case 6: tensors[name + ".more"] = tensors[name]
            default: shape.removeLast()
            }
            if let old = tensors[name], old.shape != shape {
                let count = shape.reduce(1, *)
                let values = (0..<count).map { old.values[$0 % old.values.count] }
                tensors[name] = shape.isEmpty ? nil : PlainTensor(shape: shape, values: values)
            }
            try RandomNetwork.write(scratch.file("w.h5"), tensors, attributes: attributes)
            let precision = Precision.allCases[seed % 3]
            guard let prepared = try? PreparedNetwork(WeightsFile(scratch.file("w.h5")), precision) else {
                refused += 1
                continue
            }
            // What is taken is what the file says.
            taken += 1
            let plain = PlainNetwork(tensors: tensors, numHeads: Int(attributes["num_heads"]!))
            let (images, magnitudes) = network.galaxies(1)
            let image = PlainTensor(
                shape: [network.bands, network.imageSize, network.imageSize], values: images.map { Double($0) })
            let exact = plain.redshift(image: image, magnitudes: magnitudes.map { Double($0) })
            let tolerance = NoisyNetwork(network: plain, precision: precision)
                .tolerance(images: [image], magnitudes: [magnitudes.map { Double($0) }], exact: [exact])
            let error = abs(Double(Self.predict(prepared, images, magnitudes)[0]) - exact)
            #expect(error <= tolerance, "\(seed), \(name): off by \(error), allowed \(tolerance)")
        }
        print("changed weights files: \(taken) taken and right, \(refused) refused")
        #expect(taken > 10 && refused > 60)
    }

    static func predict(_ prepared: PreparedNetwork, _ images: [Float], _ magnitudes: [Float]) -> [Float] {
        var redshifts = [Float](repeating: .nan, count: magnitudes.count / prepared.shape.bands)
        images.withUnsafeBufferPointer { images in
            magnitudes.withUnsafeBufferPointer { magnitudes in
                redshifts.withUnsafeMutableBufferPointer {
                    Engine(prepared, guarded: true).predict(images: images, magnitudes: magnitudes, redshifts: $0)
                }
            }
        }
        return redshifts
    }
}

extension NetworkShape {
    /// Both widths of a head.
    fileprivate mutating func setWidths(_ head: WritableKeyPath<NetworkShape, HeadWidths>, _ width: Int) {
        self[keyPath: head].hidden = width
        self[keyPath: head].output = width
    }
}
