import AstroMAE
import HDF5
import PhotozJob
import PhotozMachine
import PhotozReport
import Survey

/// How the galaxies of a finished run lie in its partitions: by the options of its command, and by its weights.
enum ReportInputs {
    /// - Throws: ``JobError`` when the command cannot be understood, or nothing tells how the network takes images.
    static func find(_ origin: RunOrigin) throws -> RunInputs {
        let words = Array(origin.commandLine.dropFirst(2))
        // What the option was called in earlier versions.
        let renamed = words.map { $0.hasPrefix("--uncertainty") ? "--views" + $0.dropFirst(13) : $0 }
        guard let command = [words, renamed].lazy.compactMap({ try? RunCommand.parse($0) }).first else {
            throw JobError(.badData, "the command that Results.json tells is none of photoz run")
        }
        do {
            let weights = try WeightsFile(origin.weights, followsLinks: command.schema.followLinks)
            guard try fileHash(origin.weights) == origin.weightsHash else {
                throw JobError(.badData, "\(origin.weights): is not what it was when the run read it")
            }
            let shape = weights.shape
            let schema = command.schema.schema(bands: shape.bands, imageSize: shape.imageSize)
            return RunInputs(schema: try schema.trained(on: weights.training))
        } catch {
            return try withoutWeights(origin, command.schema, JobError(error))
        }
    }

    /// Images and magnitudes as the partitions have them, where the weights are gone.
    private static func withoutWeights(
        _ origin: RunOrigin, _ options: SchemaOptions, _ error: JobError
    ) throws -> RunInputs {
        guard let path = origin.firstPartition else {
            throw JobError(.inputMissing, "neither the weights nor the partitions are there any more")
        }
        let file = try File.open(path, links: options.followLinks ? .anywhere : nil)
        let sizes = options.sizes(of: file)
        let schema = options.schema(bands: sizes.bands, imageSize: sizes.imageSize)
        return RunInputs(
            schema: schema,
            notes: [
                "The weights cannot be read as the run read them (\(error)): images and magnitudes are shown as the partitions have them."
            ])
    }
}
