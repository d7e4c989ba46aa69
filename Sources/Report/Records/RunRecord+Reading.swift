import PhotozCosts
import PhotozRecords

/// What `Results.json` and `combined_data.json` say, key by key.
extension RunRecord.Results {
    init(_ root: JSONNode) throws(RecordError) {
        worldSize = try root.entry("world_size").whole(in: 1...Int.max)
        samples = try root.entry("num_samples").whole()
        partitions = try root.entry("num_partitions").whole()
        batchSize = try root.entry("batch_size").whole(in: 1...Int.max)
        precision = try root.entry("precision").text()
        processorTime = try root.entry("total_cpu_time (seconds)").number()
        samplesPerSecond = try root.entry("sample_persec").number()
        wallTime = try WallTime(root.entry("wall_time (seconds)"))
        metrics = try root.known("metrics").map(Scores.init)
        bins = try root.known("metrics_in_bins").map(Self.bins) ?? [:]
        distributions = try root.known("distributions").map(Distributions.init)
        views = try root.known("uncertainty").map { node throws(RecordError) in
            Views(
                count: try node.entry("views").whole(), withinOne: try node.known("within_1_sigma")?.number(),
                withinTwo: try node.known("within_2_sigma")?.number())
        }
        let identity = try root.known("provenance")?.known("sources")?.known("identity")
        let identified = try identity?.known("views")?.whole()
        viewCount = views?.count ?? identified
        skipped = try root.known("skipped").map(Skipped.init)
        missing = try root.known("missing").map { node throws(RecordError) in
            Missing(magnitudes: try node.entry("magnitudes").whole(), redshifts: try node.entry("redshifts").whole())
        }
        flags = try root.known("flags").map { node throws(RecordError) in
            var flags: [String: Int] = [:]
            for (name, value) in try node.entries() { flags[name] = try value.whole() }
            return flags
        }
        warnings = try root.known("warnings").map { node throws(RecordError) in
            try node.list().map { item throws(RecordError) in try item.text() }
        }
        cost = try root.known("cost").map(RunCost.init)
        resumed = try root.known("resumed_samples")?.whole()
        processor = try root.known("cpu_info")?.known("processor")?.text()
        bands = try root.known("bands").map(Self.names)
        provenance = try Provenance(root.entry("provenance"))
    }

    /// Names of bands: a list, or one word with a letter for each.
    private static func names(_ node: JSONNode) throws(RecordError) -> [String] {
        guard case .text(let word) = node.value else {
            return try node.list().map { item throws(RecordError) in try item.text() }
        }
        return word.map { String($0) }
    }

    /// Metrics in bins of each quantity that they are there for.
    fileprivate static func bins(_ node: JSONNode) throws(RecordError) -> [Variable: [Bin]] {
        var bins: [Variable: [Bin]] = [:]
        for variable in Variable.allCases {
            bins[variable] = try node.known(variable.rawValue)?.list().map { bin throws(RecordError) in
                Bin(
                    from: try bin.entry("from").number(), to: try bin.entry("to").number(), scores: try Scores(bin))
            }
        }
        return bins
    }
}

extension RunRecord.Results.Scores {
    fileprivate init(_ node: JSONNode) throws(RecordError) {
        count = try node.entry("N").number()
        var values: [String: Double] = [:]
        for (name, value) in try node.entries() {
            switch value.value {
            case .null, .list, .object: continue
            default: values[name] = try value.number()
            }
        }
        self.values = values
        // Without galaxies there is no fraction.
        let known =
            try node.known("coverage")?.list().map { level throws(RecordError) -> Coverage? in
                guard let fraction = try level.known("fraction")?.number() else { return nil }
                return Coverage(
                    level: try level.entry("level").number(), fraction: fraction,
                    error: try level.known("error")?.number())
            } ?? []
        coverage = known.compactMap(\.self)
        transform =
            try node.known("pit_histogram")?.list().map { count throws(RecordError) in try count.whole() } ?? []
    }
}

extension RunRecord.Results.Distributions {
    fileprivate init(_ node: JSONNode) throws(RecordError) {
        calibration = try Calibration(node.entry("calibration"))
        form = try node.entry("form").text()
        grid = try node.known("grid")?.text()
        outside = try node.known("outside_calibration")?.whole()
        cut = try node.known("cut_by_grid")?.whole()
        scores = try node.known("metrics").map(RunRecord.Results.Scores.init)
        bins = try node.known("metrics_in_bins").map(RunRecord.Results.bins) ?? [:]
    }
}

extension RunRecord.Results.Distributions.Calibration {
    fileprivate init(_ node: JSONNode) throws(RecordError) {
        file = try node.entry("file").text()
        hash = try node.entry("sha256").text()
        method = try node.known("method")?.text()
        labelled = try node.known("labelled")?.whole()
        cells = try node.known("cells")?.whole()
        created = try node.known("created")?.text()
    }
}

extension RunRecord.Results.Skipped {
    fileprivate init(_ node: JSONNode) throws(RecordError) {
        func rows(_ name: String) throws(RecordError) -> [Rows] {
            try node.entry(name).list().map { part throws(RecordError) in
                Rows(
                    file: try part.entry("file").text(), firstRow: try part.known("first_row")?.whole(),
                    rows: try part.known("rows")?.whole(), reason: try part.entry("reason").text())
            }
        }
        galaxies = try node.entry("num_samples").whole()
        files = try rows("files")
        self.rows = try rows("rows")
    }
}

extension RunRecord.Results.WallTime {
    fileprivate init(_ node: JSONNode) throws(RecordError) {
        func seconds(_ phase: String) throws(RecordError) -> Double { try node.entry(phase).number() }
        total = try seconds("total")
        startup = try seconds("startup")
        load = try seconds("load")
        inference = try seconds("inference")
        reduce = try seconds("reduce")
        write = try seconds("write")
    }
}

extension RunRecord.Results.Provenance {
    fileprivate init(_ node: JSONNode) throws(RecordError) {
        func text(_ key: String) throws(RecordError) -> String { try node.entry(key).text() }
        func texts(_ key: String) throws(RecordError) -> [String] {
            try node.entry(key).list().map { item throws(RecordError) in try item.text() }
        }
        version = try text("version")
        commandLine = try texts("command_line")
        weights = try text("weights")
        weightsHash = try text("weights_sha256")
        weightsDescription = try node.known("weights_description")?.text()
        weightsDemonstration = try node.known("weights_demonstration")?.text()
        data = try node.known("data").map { _ throws(RecordError) in try texts("data") }
        workingDirectory = try node.known("working_directory")?.text()
        partitions = try node.known("partitions").map { _ throws(RecordError) in try texts("partitions") }
        hosts = try texts("hosts")
        mpi = try text("mpi")
        hdf5 = try text("hdf5")
        instructionSet = try text("instruction_set")
        threads = try node.entry("threads").whole()
        shard = try text("shard")
        schedule = try node.known("schedule")?.text()
        start = try text("start_utc")
        end = try text("end_utc")
    }
}

extension RunRecord.Rank {
    init(_ node: JSONNode) throws(RecordError) {
        inference = try node.known("inference_time (seconds)")?.number()
        readWait = try node.known("read_wait (seconds)")?.number()
        samples = try node.known("num_samples")?.whole()
    }
}

extension RunCost {
    fileprivate init(_ node: JSONNode) throws(RecordError) {
        func number(_ key: CodingKeys) throws(RecordError) -> Double { try node.entry(key.rawValue).number() }
        self.init(
            gigabyteSeconds: try number(.gigabyteSeconds), lambda: try number(.lambda),
            coreHours: try number(.coreHours), cluster: try node.known(CodingKeys.cluster.rawValue)?.number())
    }
}
