/// An Inception module as it was published. This table is all that is known of them: shape, operations, memory,
/// inventory, folding, layout and engine follow from it.
struct InceptionModule: Sendable {
    /// The place in `inception_model.vis_inception`. An average pooling in front of a module has the place before.
    let index: Int
    /// Pixels of the network's image along one pixel of the module's.
    let reduction: Int
    /// The branches whose output is used, in the order of their channels.
    let branches: [Branch]

    /// All modules, in their order; ``NetworkShape/inception`` has a width for each.
    static let all = [
        InceptionModule(index: 2, reduction: 2, branches: Branch.all),
        InceptionModule(index: 3, reduction: 2, branches: Branch.all),
        InceptionModule(index: 5, reduction: 4, branches: Branch.all),
        InceptionModule(index: 6, reduction: 4, branches: Branch.all),
        // The last module's 5x5 branch is in the file, although its output is never used.
        InceptionModule(index: 8, reduction: 8, branches: Branch.all.filter { $0.window < 5 }),
    ]

    /// Its name in the published network.
    var name: String { "inception_model.vis_inception.\(index)" }

    /// One branch of a module. Each convolution has as many outputs as the others, and BatchNorm and ReLU behind it.
    struct Branch: Sendable {
        /// The branch's last convolution, below the module's name.
        let name: String
        /// Pixels along the side of that convolution's window.
        let window: Int
        /// What it sees.
        let source: Source

        /// What a branch's last convolution sees: the module's input, that input after a 1x1 convolution of a name, or
        /// after a 3x3 max pooling.
        enum Source: Sendable {
            case input
            case opening(String)
            case maxPooling
        }

        /// The branches that a weights file holds of every module.
        static let all = [
            Branch(name: "branch1", window: 1, source: .input),
            Branch(name: "branch2.1", window: 3, source: .opening("branch2.0")),
            Branch(name: "branch3.1", window: 5, source: .opening("branch3.0")),
            Branch(name: "branch4.1", window: 1, source: .maxPooling),
        ]

        /// The 1x1 convolution in front of the last one.
        var opening: String? {
            if case .opening(let name) = source { name } else { nil }
        }

        /// A convolution: its name below the module's, and its sizes.
        typealias Convolution = (name: String, inputs: Int, outputs: Int, window: Int)

        /// The branch's convolutions in a module of `inputs` channels whose branches have `width`.
        func convolutions(inputs: Int, width: Int) -> [Convolution] {
            guard let opening else { return [(name, inputs, width, window)] }
            return [(opening, inputs, width, 1), (name, width, width, window)]
        }
    }
}

/// An Inception module in a network of some shape.
struct InceptionSizes {
    let module: InceptionModule
    /// Pixels along the side of its image.
    let size: Int
    /// Channels that it takes.
    let inputs: Int
    /// Channels of each branch.
    let width: Int
    /// Whether its input is the average pooling of what the module before made.
    let isPooled: Bool

    /// Channels that it makes.
    var outputs: Int { module.branches.count * width }
    /// Pixels of its image.
    var pixels: Int { size * size }
    /// The convolutions whose output is used.
    var convolutions: [InceptionModule.Branch.Convolution] {
        module.branches.flatMap { $0.convolutions(inputs: inputs, width: width) }
    }
    /// The convolutions that a weights file holds.
    var storedConvolutions: [InceptionModule.Branch.Convolution] {
        InceptionModule.Branch.all.flatMap { $0.convolutions(inputs: inputs, width: width) }
    }
}

extension NetworkShape {
    /// The sizes of the Inception modules, in their order.
    var inceptionModules: [InceptionSizes] {
        var before: InceptionSizes?
        return InceptionModule.all.enumerated().map { place, module in
            let sizes = InceptionSizes(
                module: module, size: imageSize / module.reduction, inputs: before?.outputs ?? stem,
                width: inception[place], isPooled: before.map { $0.module.reduction < module.reduction } ?? false)
            before = sizes
            return sizes
        }
    }

    /// The last of them, whose output is flattened.
    var lastInceptionModule: InceptionSizes { inceptionModules[InceptionModule.all.count - 1] }

    /// Features of the flattened Inception branch.
    var flattened: Int { lastInceptionModule.outputs * lastInceptionModule.pixels }
}
