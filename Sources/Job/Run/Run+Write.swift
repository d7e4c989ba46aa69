import AstroMAE
import Collectives
import PhotozMachine
import Survey

/// How the predictions get into their files.
extension Run {
    /// Creates the files of the predictions, and settles who writes them. Every rank calls it, when rank 0 has made the folder.
    ///
    /// - Throws: On rank 0 `HDF5Error` or ``JobError`` when the files cannot be created, or the disk has no room for them.
    func predictionsWriter(
        _ dataSet: DataSet, _ network: PreparedNetwork, _ nodes: Nodes
    ) throws -> PredictionsWriter {
        try PredictionsWriter(
            ResultFolder.temporary("predictions.h5", in: options.output),
            table: options.writesCSV ? ResultFolder.temporary("predictions.csv", in: options.output) : nil,
            dataSet: dataSet, hasViews: options.views > 1, provenance: provenanceTexts(network),
            way: try writeWay(nodes),
            on: world)
    }

    /// Who writes the predictions: every rank where a test finds that files of several hosts stay whole, unless the options say
    /// otherwise.
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
