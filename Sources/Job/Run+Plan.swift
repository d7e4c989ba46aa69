import AstroMAE
import Collectives
import Survey

/// What every rank must know before work starts.
extension Run {
    /// Rank 0 looks at the data set; all get what it found.
    mutating func plan(
        _ weights: WeightsFile?, schema: PartitionSchema, _ instructionSet: InstructionSet, output: OutputFolder?
    ) throws -> RunPlan {
        var found: RunPlan?
        if let output {
            for path in options.data { try output.requireOther(than: path) }
            let dataSet = try open(schema)
            skippedFiles = dataSet.unusable.map { SkippedRows(file: $0.name, error: $0.error) }
            try compare(dataSet, schema, with: weights)
            // One line for a few, not a screen for a thousand.
            for warning in dataSet.warnings.prefix(3) { warn(warning) }
            if dataSet.warnings.count > 3 { warn("and \(dataSet.warnings.count - 3) more of that kind") }
            // The journal takes as much again.
            try output.requireSpace(bytes: 2 * PredictionsWriter.byteCount(of: dataSet, ranks: world.size))
            weightsHash = try fileHash(options.weights)
            let identity = try RunIdentity(
                version: version, weightsHash: weightsHash, options: options,
                instructionSet: instructionSet, dataSet: dataSet, schema: schema
            ).hash()
            try output.makeJournal()
            found = RunPlan(dataSet, identity: identity)
        }
        return try world.share(found)
    }

    /// Says when images are of other bands or units than the network was trained on.
    func compare(_ dataSet: DataSet, _ schema: PartitionSchema, with weights: WeightsFile?) throws {
        guard let trained = weights?.texts, !dataSet.partitions.isEmpty else { return }
        let file = try PartitionFile(dataSet.path(of: 0), schema: schema)
        let stated = Dictionary(file.imageTexts) { first, _ in first }
        let known = Dictionary(trained.map { ($0.name, $0.text) }) { first, _ in first }
        if let bands = schema.bandNames ?? stated["bands"], let others = known["bands"], bands != others {
            warn(
                "the images have the bands \(bands) and the weights were trained on \(others): redshifts will be wrong until there are weights for these bands"
            )
        }
        // The network's units may say more, such as the softening of each band.
        if let units = stated["units"], let others = known["image_units"], !others.hasPrefix(units) {
            warn("the images are in \(units) and the weights were trained on \(others): redshifts may be wrong")
        }
    }

    func open(_ schema: PartitionSchema) throws -> DataSet {
        let skips = options.onError == .skip
        guard let assignment = options.assignment else {
            return try DataSet.open(
                options.data, fileLimit: options.fileLimit, schema: schema, skipsUnusable: skips)
        }
        return try DataSet.open(
            folder: options.data[0], names: assignment.flatMap(\.self), schema: schema, skipsUnusable: skips)
    }

    /// The galaxies of each rank.
    func shares(_ dataSet: DataSet) -> [Range<Int>] {
        guard let assignment = options.assignment else {
            let rows = dataSet.partitions.map(\.rows)
            return (0..<world.size).map {
                options.sharding.galaxies(of: $0, worldSize: world.size, partitionRows: rows)
            }
        }
        // The data set has the same files in the same order, but for those that were left out.
        var (partitions, galaxy) = (dataSet.partitions[...], 0)
        return assignment.map { names in
            let first = galaxy
            for name in names where partitions.first?.name == name {
                galaxy += partitions.removeFirst().rows
            }
            return first..<galaxy
        }
    }

    /// The widest instruction set that every rank's processor has: on unlike nodes, results must not depend on who
    /// computes a galaxy.
    func commonInstructionSet() throws -> InstructionSet {
        let mine = options.instructionSet.map(InstructionSet.widest(upTo:)) ?? .widest
        let common = try world.allReduce(mine.level, .min)
        return InstructionSet.available[common]
    }
}
