/// All that matters to a run's speed and redshifts beside the sizes that figures vary: only runs that agree in it are
/// one series.
struct RunSettings {
    /// One setting: runs with the same key agree in it, and the text says what it is.
    struct Setting: Hashable {
        let name: String
        let key: String
        let text: String

        static func == (left: Setting, right: Setting) -> Bool { left.name == right.name && left.key == right.key }

        func hash(into hasher: inout Hasher) {
            hasher.combine(name)
            hasher.combine(key)
        }
    }

    /// In the order of their weight; the same names for every run.
    let all: [Setting]

    /// What tells the galaxies apart where partitions are dealt anew: their metrics, which are exact, beside their
    /// number.
    let fingerprint: Setting

    /// - Parameters:
    ///   - record: The run.
    ///   - hosts: The hosts whose series it belongs to: see ``hostSeries(_:)``.
    init(_ record: RunRecord, hosts: [String]) {
        let (results, origin) = (record.results, record.results.provenance)
        func setting(_ name: String, _ key: String?, _ text: String? = nil) -> Setting {
            Setting(name: name, key: key ?? "", text: text ?? key ?? "not known")
        }
        let file = origin.weights.split(separator: "/").last.map(String.init) ?? origin.weights
        let paths = origin.data.map { $0.joined(separator: " ") }
        let views = results.viewCount ?? 1
        let calibration = results.distributions?.calibration
        all = [
            setting("weights", origin.weightsHash, "\(file) (\(origin.weightsHash.prefix(8)))"),
            setting(
                "data", paths,
                origin.data.map { $0.count > 3 ? "\($0[0]) and \($0.count - 1) more files" : paths ?? "" }),
            setting("views", "\(views)", views == 1 ? "1 view" : "\(views) views"),
            setting(
                "calibration", calibration.map { "\($0.hash) \(results.distributions?.form ?? "")" },
                calibration.map { "calibration \($0.hash.prefix(8)) (\(results.distributions?.form ?? ""))" }
                    ?? "no calibration"),
            setting("precision", results.precision),
            setting("hosts", hosts.joined(separator: " "), "on " + Self.shortened(hosts)),
            setting("processor", results.processor),
            setting("threads", "\(origin.threads)", origin.threads == 1 ? "1 thread" : "\(origin.threads) threads"),
            setting("instruction set", origin.instructionSet),
            setting("dealt by", origin.shard, "dealt by \(origin.shard)"),
            setting("schedule", origin.schedule),
            setting("options", Self.others(of: origin.commandLine).joined(separator: " "), nil),
            setting(
                "resumed", results.resumed ?? 0 > 0 ? "resumed" : "", results.resumed ?? 0 > 0 ? "resumed" : "whole"),
            setting("photoz", origin.version, "photoz \(origin.version)"),
            setting("MPI", origin.mpi), setting("HDF5", origin.hdf5),
        ]
        let metrics = (results.metrics?.values ?? [:]).sorted { $0.key < $1.key }
        let error = results.metrics?["MAE"]
        fingerprint = setting(
            "data", metrics.isEmpty ? paths : metrics.map { "\($0.key) \($0.value)" }.joined(),
            error.map { "MAE \(decimal($0, 5))" } ?? paths)
    }

    /// The hosts whose series each run belongs to. A run on some hosts and one on these and others are one series, so
    /// that a job can be scaled over hosts; where it is open on which of several such series a run builds, it stands
    /// alone.
    static func hostSeries(_ runs: [[String]]) -> [[String]] {
        let sets = Set(runs.map { Set($0) })
        let smallest = sets.filter { set in !sets.contains { $0.isStrictSubset(of: set) } }
        return runs.map { hosts in
            let below = smallest.filter { $0.isSubset(of: hosts) }
            return (below.count == 1 ? Array(below[below.startIndex]) : hosts).sorted()
        }
    }

    private static func shortened(_ hosts: [String]) -> String {
        hosts.count > 2 ? "\(hosts[0]) and \(hosts.count - 1) more" : hosts.joined(separator: " and ")
    }

    /// Words of a command that matter and are recorded nowhere else, such as `--crop` or `--wait cheap`.
    static func others(of command: [String]) -> [String] {
        let withValue: Set = [
            "--weights", "--output", "--payload", "--batch-size", "--precision", "--uncertainty", "--views",
            "--calibration", "--pdf", "--grid", "--threads", "--instruction-set", "--shard", "--file-limit",
            "--schedule", "--lambda-price", "--core-hour-price",
        ]
        let alone: Set = ["--overwrite", "--resume", "--quiet"]
        var rest: [String] = []
        var words = command.dropFirst(2)
        while let word = words.popFirst() {
            let name = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
            if alone.contains(name) { continue }
            let takesMore = name == word
            if withValue.contains(name) {
                if takesMore { _ = words.popFirst() }
            } else if name == "--data" {
                if takesMore { words = words.drop { !$0.hasPrefix("-") } }
            } else {
                rest.append(word)
            }
        }
        return rest
    }
}
