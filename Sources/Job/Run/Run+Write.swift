import AstroMAE
import Collectives
import Glibc
import PhotozMachine
import PhotozRecords
import Survey

/// How the predictions get into their files.
extension Run {
    /// Creates the files of the predictions, and settles who writes them. Every rank calls it, when rank 0 has made the
    /// folder.
    ///
    /// - Throws: On rank 0 `HDF5Error` or ``JobError`` when the files cannot be created, or the disk has no room for
    ///   them.
    func predictionsWriter(
        _ plan: RunPlan, _ network: PreparedNetwork, _ nodes: Nodes
    ) throws -> PredictionsWriter {
        func path(_ name: String) -> String { ResultFolder.temporary(name, in: options.output) }
        let content = ResultContent(
            of: plan.dataSet, hasViews: options.views > 1,
            calibration: plan.calibration.map { ($0.calibration, options.distributionForm) },
            provenance: provenanceTexts(network, plan.calibration), kept: KeptReader(plan.dataSet, plan.schema))
        let paths = ResultPaths(
            predictions: path(ResultNames.predictions), distributions: path(ResultNames.distributions),
            table: options.writesCSV ? path(ResultNames.table) : nil)
        let writer = try PredictionsWriter(content, to: paths, way: try writeWay(nodes), on: world)
        if world.rank == 0, options.hasOtherName { try giveOtherName(paths.predictions) }
        return writer
    }

    /// Links the file to its other name, now and not in the end, so that a file system without hard links shows before
    /// anything is computed.
    private func giveOtherName(_ path: String) throws {
        let other = ResultFolder.temporary(ResultNames.otherName, in: options.output)
        guard link(path, other) == 0 else {
            let reason = String(cString: strerror(errno))
            throw JobError(
                .outputRefused,
                "\(options.output): cannot have \(ResultNames.otherName), a hard link to \(ResultNames.predictions): \(reason); leave --output-suffix out, or choose another folder"
            )
        }
    }

    /// Who writes the predictions: every rank where a test finds that files of several hosts stay whole, unless the
    /// options say otherwise.
    ///
    /// - Throws: ``JobError`` with code 73 when every rank is to write where that loses predictions.
    private func writeWay(_ nodes: Nodes) throws -> WriteWay {
        guard options.writeWay != .collect else { return .collect }
        let file = try FolderCheck(path: options.output).sharedFile(world, hosts: nodes.leaders)
        guard let reason = file.fault else { return .ranks }
        guard options.writeWay == nil else {
            throw JobError(
                .outputRefused,
                "\(options.output): \(reason): predictions would be lost; leave --write ranks out, or choose another folder"
            )
        }
        if world.rank == 0 {
            warn("\(options.output): \(reason), so that rank 0 writes all predictions, which takes longer")
        }
        return .collect
    }
}
