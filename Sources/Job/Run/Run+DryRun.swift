import AstroMAE
import Collectives
import PhotozMachine
import PhotozText
import Survey

/// What a run would do.
extension Run {
    /// Opens all that a run opens before it predicts anything, and refuses what that refuses; nothing is written. Every
    /// rank calls it.
    mutating func tryOut(_ weights: WeightsFile?, _ shape: NetworkShape, _ nodes: Nodes) throws -> RunEnding {
        let contents = world.rank == 0 ? try admittedOutput() : nil
        let instructionSet = try commonInstructionSet()
        let schema = try trainedSchema(weights, shape).1
        let calibration = try readCalibration(shape, schema)
        let dataSet = try openDataSet(schema, nodes)
        guard let contents else { return RunEnding() }
        let need = bytesNeeded(for: dataSet, journal: .current(in: options.output))
        let folder = FolderCheck(path: nearestFolder)
        try folder.requireSpace(bytes: need, for: "results")
        var lines = [
            "\(counted(dataSet.rows, "galaxy", "galaxies")) in \(counted(dataSet.partitions.count, "partition", "partitions")) would be predicted by \(counted(world.size, "rank", "ranks")) with \(instructionSet), \(options.precision.rawValue)"
        ]
        func row(_ name: String, _ value: String) {
            lines.append("  " + name + String(repeating: " ", count: max(1, 24 - name.count)) + value)
        }
        if let description = weights?.label.shortDescription { row("weights", description) }
        if let limits = weights?.label.demonstration { row("", demonstrationNotice(limits)) }
        row("network", "\(shape.bands) bands of \(shape.imageSize) x \(shape.imageSize) pixels")
        row("image units", schema.wordsForUnits)
        row("redshifts", dataSet.hasRedshift ? "yes" : "none: no metrics")
        row("identifiers", dataSet.identifiers.description)
        if let calibration { row("distributions", words(for: calibration)) }
        if !dataSet.kept.isEmpty { row("carried columns", dataSet.kept.map(\.name).joined(separator: ", ")) }
        for assumption in dataSet.assumptions.prefix(5) { row("taken for granted", assumption) }
        for skipped in skippedFiles.prefix(5) { row("left out", "\(skipped.file): \(skipped.reason)") }
        if skippedFiles.count > 5 { row("left out", "and \(skippedFiles.count - 5) more partitions") }
        row("results", megabytes(need) + (folder.room.map { ", of \(megabytes($0)) free" } ?? ""))
        row("output", options.output + ": " + Self.words(for: contents.state))
        return RunEnding(summary: (lines + ["Nothing was written."]).joined(separator: "\n"))
    }

    /// What stands in the output folder, unless a run would refuse it.
    private func admittedOutput() throws -> ResultContents {
        try requireOutputPlace()
        let contents = ResultContents(of: options.output)
        try ResultFolder.admit(contents, in: options.output, overwrite: options.overwrite, resume: options.resume)
        return contents
    }

    /// What makes the distributions, and how they are written.
    private func words(for calibration: CalibrationFile) -> String {
        "\(options.distributionForm), by \(calibration.path): \(calibration.summary.method.rawValue), \(calibration.summary.labelled) labelled galaxies"
    }

    /// The output folder, or the one that it would be made in.
    private var nearestFolder: String {
        var folder = options.output
        while !isFolder(folder), folder != "/", folder != "." { folder = PhotozMachine.folder(of: folder) }
        return folder
    }

    private static func words(for state: ResultContents.State) -> String {
        switch state {
        case .absent: "would be made"
        case .empty: "is empty"
        case .foreign: "holds what is not this program's"
        case .begun, .half, .sealed, .otherFormat: "holds a half-finished run"
        case .finished: "holds a finished run"
        case .partial: "holds some results"
        }
    }
}

extension PartitionSchema {
    /// What pixels are taken for, and what they become.
    fileprivate var wordsForUnits: String {
        let network = trained.units ?? "what the weights take, which they do not say"
        guard let units else { return "taken for \(network); --units converts others" }
        return "\(units.rawValue) (--units), converted to \(network)"
    }
}
