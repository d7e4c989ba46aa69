import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Checkpoints as people have them: what is taken, what is asked for, and what is refused.
    @Suite struct ImportCheckpointTests {
        private let folder: TemporaryFolder
        private let network: TorchNetwork

        init() throws {
            folder = try TemporaryFolder()
            network = try TorchNetwork()
        }

        private func run(_ root: PythonValue, _ more: [String] = [], protocol version: UInt8 = 2) async throws
            -> Outcome
        {
            try network.write(folder.file("x.pt"), root, protocol: version)
            let arguments = ["import", folder.file("x.pt"), "--output", folder.file("x.h5"), "--overwrite"]
            return try await Photoz.alone(arguments + more)
        }

        /// Imports a state dict or checkpoint, which must become the small network.
        private func expectNetwork(
            _ root: PythonValue, _ more: [String] = [], protocol version: UInt8 = 2, says: String...
        )
            async throws
        {
            let outcome = try await run(root, ["--num-heads", "4"] + more, protocol: version)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            for words in says { #expect(outcome.output.contains(words), "\(outcome.report)") }
            #expect(try TorchNetwork.differences(folder.file("x.h5")).isEmpty)
        }

        private func expectRefusal(
            _ root: PythonValue, _ code: Int, _ words: String..., options: [String] = ["--num-heads", "4"]
        )
            async throws
        {
            try? FileManager.default.removeItem(atPath: folder.file("x.h5"))
            let outcome = try await run(root, options)
            #expect(outcome.exitCode == code, "\(outcome.report)")
            for word in words { #expect(outcome.error.contains(word), "\(outcome.report)") }
            #expect(!FileManager.default.fileExists(atPath: folder.file("x.h5")))
        }

        @Test(
            "Prefixes in any order",
            arguments: [
                "module.", "_orig_mod.", "model.", "net.", "module._orig_mod.", "_orig_mod.module.model.", "ema.",
                "a.name.that.nobody.knows.",
            ])
        func prefixes(prefix: String) async throws {
            try await expectNetwork(network.stateDictionary(prefix), says: "taken from \(prefix.dropLast())")
        }

        @Test("A Lightning checkpoint, with what the trainer keeps beside the network")
        func lightning() async throws {
            var network = network
            let loss = network.tensor([5])
            let root = PythonValue.dictionary([
                ("epoch", .integer(3)), ("pytorch-lightning_version", .text("2.1.0")),
                (
                    "state_dict",
                    network.stateDictionary("model.", [("loss_fn.weight", loss), ("model.n_averaged", loss)])
                ),
                ("optimizer_states", .list([.mapping([(.integer(0), .dictionary([("step", loss)]))])])),
                ("hyper_parameters", .object("argparse", "Namespace", state: .dictionary([("lr", .number(1e-3))]))),
                ("path", .call("pathlib", "PosixPath", [.text("/x")], state: nil)),
                ("seed", .long([UInt8](repeating: 1, count: 17))),
            ])
            try network.write(folder.file("x.pt"), root, protocol: 4)
            let outcome = try await Photoz.alone([
                "import", folder.file("x.pt"), "--output", folder.file("x.h5"), "--num-heads", "4",
            ])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            for words in [
                "taken from state_dict/model", "left out: loss_fn.weight, model.n_averaged",
                "not run, and not needed: pathlib.PosixPath",
            ] {
                #expect(outcome.output.contains(words), "\(outcome.report)")
            }
            #expect(try TorchNetwork.differences(folder.file("x.h5")).isEmpty)
        }

        @Test("State dicts under any key, and one level down", arguments: ["net", "weights", "ema", "params", "a/b"])
        func keys(path: String) async throws {
            let root = path.split(separator: "/").reversed().reduce(network.stateDictionary()) { value, key in
                .dictionary([("epoch", .integer(1)), (String(key), value)])
            }
            try await expectNetwork(root, says: "taken from \(path)")
        }

        @Test("Of two networks the one that is asked for; without that, neither")
        func twoNetworks() async throws {
            var network = network
            let other = PythonValue.orderedDictionary(
                try self.network.tensors.map { name, _ in
                    (
                        name,
                        network.tensor(try File.open(Repository.fixture("small-weights.h5")).dataset(name).shape, 0.25)
                    )
                })
            let roots: [PythonValue] = [
                .dictionary([("model", network.stateDictionary()), ("model_ema", other)]),
                .dictionary([("model_ema", other), ("state_dict", .dictionary([("model", network.stateDictionary())]))]
                ),
            ]
            for (root, entry) in zip(roots, ["model", "state_dict/model"]) {
                try network.write(folder.file("two.pt"), root)
                let arguments = [
                    "import", folder.file("two.pt"), "--output", folder.file("two.h5"), "--num-heads", "4",
                ]
                let asked = try await Photoz.alone(arguments)
                #expect(asked.exitCode == 64 && asked.error.contains("--entry"), "\(asked.report)")
                #expect(asked.error.contains(entry) && asked.error.contains("model_ema"), "\(asked.report)")
                let outcome = try await Photoz.alone(arguments + ["--overwrite", "--entry", entry])
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                #expect(try TorchNetwork.differences(folder.file("two.h5")).isEmpty)
                try FileManager.default.removeItem(atPath: folder.file("two.h5"))
            }
        }

        @Test("Tensors beside the network that may change its redshifts are asked about")
        func strangers() async throws {
            var network = network
            let scale = network.tensor([1], 2)
            let root = network.stateDictionary("", [("redshift_scale", scale)])
            try network.write(folder.file("x.pt"), root)
            let arguments = ["import", folder.file("x.pt"), "--output", folder.file("x.h5"), "--num-heads", "4"]
            let refused = try await Photoz.alone(arguments)
            #expect(refused.exitCode == 64 && refused.error.contains("--leave-out redshift_scale"), "\(refused.report)")
            let taken = try await Photoz.alone(arguments + ["--leave-out", "redshift_scale"])
            #expect(taken.exitCode == 0 && taken.output.contains("left out: redshift_scale"), "\(taken.report)")
            // A tensor that no layer of the published network has.
            try network.write(folder.file("x.pt"), network.stateDictionary("", [("blocks.0.ls1.gamma", scale)]))
            let layer = try await Photoz.alone(arguments + ["--overwrite"])
            #expect(layer.exitCode == 65 && layer.error.contains("blocks.0.ls1.gamma: is no tensor"), "\(layer.report)")
        }

        @Test("A needed tensor that only a call would give is refused by name")
        func calls() async throws {
            let call = PythonValue.call("mine", "decrypt", [.text("cls_token")], state: nil)
            let tensors = network.tensors.map { $0.0 == "cls_token" ? ($0.0, call) : $0 }
            try await expectRefusal(.orderedDictionary(tensors), 65, "asks to run mine.decrypt for cls_token")
            try await expectRefusal(.dictionary([("model", call)]), 65, "asks to run mine.decrypt", "nothing was run")
        }

        // MARK: Modules

        private typealias Described = [String: (type: String, attributes: [(String, PythonValue)])]

        /// The modules that tell what the published network's do.
        private var published: Described {
            var modules: Described = [:]
            for block in 0..<2 {
                modules["blocks.\(block).attn"] = (
                    "NormalCell.Attention", [("num_heads", .integer(4)), ("scale", .number(0.5))]
                )
                modules["blocks.\(block).mlp.act"] = (
                    "torch.nn.modules.activation.GELU", [("approximate", .text("none"))]
                )
                for norm in ["norm1", "norm2"] {
                    modules["blocks.\(block).\(norm)"] = (
                        "torch.nn.modules.normalization.LayerNorm", [("eps", .number(1e-6))]
                    )
                }
            }
            return modules
        }

        @Test("A module that tells what the published network does")
        func modules() async throws {
            let outcome = try await run(network.module(published))
            #expect(outcome.exitCode == 0 && outcome.output.contains("4 attention heads"), "\(outcome.report)")
            #expect(outcome.output.contains("no module tells"), "\(outcome.report)")
            #expect(try TorchNetwork.differences(folder.file("x.h5")).isEmpty)
        }

        private static let others: [(String, String, [(String, PythonValue)], String)] = [
            (
                "blocks.1.mlp.act", "torch.nn.modules.activation.GELU", [("approximate", .text("tanh"))],
                "approximated by \"tanh\""
            ),
            ("blocks.0.mlp.act", "torch.nn.modules.activation.SiLU", [], "blocks.0.mlp.act is SiLU"),
            ("blocks.0.mlp.act", "mine.QuickGELU", [], "blocks.0.mlp.act is mine.QuickGELU"),
            (
                "blocks.0.mlp", "mine.Mlp", [("act_fn", .global("torch.nn.functional", "relu"))],
                "blocks.0.mlp.act_fn is torch.nn.functional.relu"
            ),
            (
                "blocks.1.attn", "mine.Attention", [("num_heads", .integer(4)), ("scale", .number(0.25))],
                "scale is 0.25"
            ),
            (
                "blocks.1.attn", "mine.Attention", [("num_heads", .integer(2)), ("scale", .none)],
                "num_heads is 2, but 4"
            ),
            (
                "blocks.1.norm1", "torch.nn.modules.normalization.LayerNorm", [("eps", .number(1e-5))],
                "blocks.1.norm1.eps is 1e-05"
            ),
            ("blocks.0.norm1", "torch.nn.modules.normalization.RMSNorm", [], "is RMSNorm"),
            (
                "blocks.0.attn.q_norm", "torch.nn.modules.normalization.LayerNorm", [],
                "blocks.0.attn.q_norm is LayerNorm"
            ),
            (
                "inception_model.vis_inception.1", "torch.nn.modules.pooling.MaxPool2d", [],
                "vis_inception.1 is MaxPool2d"
            ),
            (
                "patch_embed.proj", "torch.nn.modules.conv.Conv2d",
                [
                    ("kernel_size", .tuple([.integer(8), .integer(8)])),
                    ("stride", .tuple([.integer(4), .integer(4)])),
                ],
                "has the stride [4, 4]"
            ),
            (
                "inception_model.vis_inception.8", "mine.InceptionBlock", [("is_custom", .boolean(false))],
                "is_custom is False"
            ),
            ("", "mine.AstroMAE", [("global_pool", .text("token"))], "global_pool is \"token\""),
            (
                "head", "torch.nn.modules.linear.Linear", [("_forward_pre_hooks", .orderedDictionary([("1", .none)]))],
                "head has hooks"
            ),
            ("vit_block", "torch.nn.modules.container.Sequential", [], "vit_block.1 is nothing"),
        ]

        @Test("Modules that tell something else are refused by name", arguments: others.indices)
        func otherModules(index: Int) async throws {
            let (name, type, attributes, words) = Self.others[index]
            var modules = published
            modules[name] = (type, attributes)
            try await expectRefusal(network.module(modules), 65, "is not the published network", words, options: [])
        }
    }
}
