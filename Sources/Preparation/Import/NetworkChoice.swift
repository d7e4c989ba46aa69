import Interchange
import PhotozMachine
import PhotozText

/// The tensors of one AstroMAE network among all that a PyTorch file holds.
struct NetworkChoice {
    /// What it is called in the file: the keys that lead to it and the beginning that its names share, such as
    /// `state_dict/model`; `.` when there is neither.
    let entry: String
    let place: TorchPlace
    /// What its names begin with in the file, such as `module.`.
    let prefix: String
    /// Its tensors: their names in the network, and in the file.
    let tensors: [(name: String, source: String)]
    /// Tensors beside it that no word of their names tells to be harmless.
    let strange: [String]
    /// All else beside it.
    let beside: [String]

    /// Parts of names that wrappers of a network add: DataParallel and the like, `torch.compile`, DeepSpeed, FSDP.
    private static let wrappers: Set<Substring> = [
        "module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    ]
    /// The first parts of the names that the network has.
    private static let roots: Set<Substring> = [
        "patch_embed", "cls_token", "pos_embed", "blocks", "fc_norm", "head", "vit_block", "inception_model",
        "concat_block",
    ]
    /// Names of which a network has several; what stands before them is its prefix.
    private static let anchors = ["cls_token", "pos_embed", "fc_norm.weight", "head.weight", "concat_block.2.weight"]
    /// Words that only what belongs to training has in its names.
    private static let harmless: Set<Substring> = [
        "loss", "losses", "criterion", "criteria", "metric", "metrics", "averaged", "optimizer", "scheduler",
        "accuracy", "decoder", "discriminator", "epoch", "iteration", "iterations",
    ]

    /// A tensor's or module's name without what wrappers added.
    static func plain(_ name: some StringProtocol) -> String {
        name.split(separator: ".", omittingEmptySubsequences: false).filter { !wrappers.contains(Substring($0)) }
            .joined(separator: ".")
    }

    /// Every network in some places.
    static func all(in places: [TorchPlace]) -> [NetworkChoice] {
        places.filter { $0.kind != .sequence }.flatMap { place in
            let prefixes = prefixes(place.names)
            return prefixes.map { NetworkChoice(place, prefix: $0, of: prefixes) }
        }
    }

    /// What stands before the anchors, the shortest first.
    private static func prefixes(_ names: [String]) -> [String] {
        var found: [String: Int] = [:]
        for name in names {
            for anchor in anchors where name.hasSuffix(anchor) {
                let prefix = name.dropLast(anchor.count)
                if prefix.isEmpty || prefix.hasSuffix(".") { found[String(prefix), default: 0] += 1 }
            }
        }
        return found.filter { $0.value > 1 }.keys.sorted { ($0.count, $0) < ($1.count, $1) }
    }

    private init(_ place: TorchPlace, prefix: String, of prefixes: [String]) {
        self.place = place
        self.prefix = prefix
        let label = (place.path + [String(prefix.dropLast())]).filter { !$0.isEmpty }.joined(separator: "/")
        entry = label.isEmpty ? "." : label
        var (tensors, strange, beside) = ([(String, String)](), [String](), [String]())
        for name in place.names {
            let owner = Self.owner(of: name, prefixes)
            if owner == prefix {
                tensors.append((Self.plain(name.dropFirst(prefix.count)), name))
            } else if owner == nil, place.tensorNames.contains(name), !Self.isHarmless(name) {
                strange.append(name)
            } else {
                beside.append(name)
            }
        }
        (self.tensors, self.strange, self.beside) = (tensors, strange, beside)
    }

    /// The prefix of the network that a name belongs to; nil for what belongs to none.
    private static func owner(of name: String, _ prefixes: [String]) -> String? {
        prefixes.last { prefix in
            guard name.hasPrefix(prefix) else { return false }
            let root = plain(name.dropFirst(prefix.count)).prefix { $0 != "." }
            return roots.contains(root)
        }
    }

    private static func isHarmless(_ name: String) -> Bool {
        name.lowercased().split { $0 == "." || $0 == "_" }.contains { word in
            harmless.contains(word) || word.hasPrefix("loss") || word.hasSuffix("loss")
        } || name.hasSuffix("mask_token") || name.hasSuffix("num_updates")
    }

    /// The modules of a pickled network, by their names in the network.
    var modules: [(name: String, module: TorchModule)] {
        place.modules.compactMap { module in
            guard (module.name + ".").hasPrefix(prefix) else { return nil }
            return (Self.plain(module.name.dropFirst(prefix.count)), module)
        }
    }

    /// The same without tensors that the user leaves out.
    ///
    /// - Parameter left: Names, or beginnings of names up to a dot.
    func leaving(out left: [String]) -> NetworkChoice {
        func isLeft(_ name: String) -> Bool { left.contains { name == $0 || name.hasPrefix($0 + ".") } }
        return NetworkChoice(
            entry: entry, place: place, prefix: prefix,
            tensors: tensors.filter { !isLeft($0.name) && !isLeft($0.source) }, strange: strange.filter { !isLeft($0) },
            beside: beside + strange.filter(isLeft)
                + tensors.filter { isLeft($0.name) || isLeft($0.source) }.map(\.source))
    }

    private init(
        entry: String, place: TorchPlace, prefix: String, tensors: [(name: String, source: String)], strange: [String],
        beside: [String]
    ) {
        (self.entry, self.place, self.prefix) = (entry, place, prefix)
        (self.tensors, self.strange, self.beside) = (tensors, strange, beside)
    }
}

extension NetworkChoice {
    /// The network that is meant.
    ///
    /// - Parameters:
    ///   - all: Those that there are, at least one.
    ///   - wanted: What the user calls it; nil for the only one.
    ///   - left: Names of tensors that the user leaves out.
    ///   - source: The file.
    /// - Throws: ``JobError`` with code 64 when there are several, or none of that name, or tensors that might change
    ///   the redshifts stand beside it.
    static func choose(_ all: [NetworkChoice], _ wanted: String?, leaving left: [String], source: String) throws
        -> NetworkChoice
    {
        let entries = all.map(\.entry).joined(separator: ", ")
        var meant = all
        if let wanted {
            meant = all.filter { $0.entry == wanted }
            if meant.isEmpty { meant = all.filter { $0.entry.split(separator: "/").last == Substring(wanted) } }
            guard !meant.isEmpty else {
                throw JobError(.wrongUsage, "\(source): has no network at --entry \(wanted); it has: \(entries)")
            }
        }
        guard meant.count == 1 else {
            throw JobError(
                .wrongUsage,
                "\(source): holds \(meant.count) networks, and which of them is meant is not for this program to guess; give --entry with one of: \(meant.map(\.entry).joined(separator: ", "))"
            )
        }
        for name in left {
            let names = meant[0].place.names + meant[0].tensors.map(\.name)
            guard names.contains(where: { $0 == name || $0.hasPrefix(name + ".") }) else {
                throw JobError(.wrongUsage, "\(source): has no tensor \(name) to leave out")
            }
        }
        let choice = meant[0].leaving(out: left)
        guard choice.strange.isEmpty else {
            let names = shortened(choice.strange)
            throw JobError(
                .wrongUsage,
                "\(source): beside the network stand tensors that the published one does not have, and its redshifts may depend on them: \(names); if they do not, give --leave-out \(choice.strange.prefix(3).joined(separator: ","))\(choice.strange.count > 3 ? ",..." : "")"
            )
        }
        return choice
    }
}
