import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozRecords
import Survey

/// The first stage of the serverless job: lists the partitions and deals them to ranks.
package struct Plan {
    private let payload: Payload

    /// Files of the plan.
    package var fileCount: Int { payload.fileLimit }
    /// Ranks of the plan.
    package var worldSize: Int { payload.worldSize }

    /// - Parameters:
    ///   - data: The folder of the partitions.
    ///   - output: The plan's own path, which its paths are relative to.
    ///   - worldSize: Ranks; as many as files unless given.
    ///   - fileLimit: Take only so many of the files, the first ones.
    ///   - batchSize: Galaxies of a batch.
    ///   - resultPath: The folder of the results, relative to the plan.
    /// - Throws: `DataSet.Failure` when the folder cannot be listed or holds no partitions.
    package init(
        data: String, output: String, worldSize: Int?, fileLimit: Int?, batchSize: Int, resultPath: String
    ) throws {
        let names = Array(try DataSet.names(in: data).prefix(fileLimit ?? .max))
        let folder = URL(filePath: output).deletingLastPathComponent().path
        // In contiguous runs: rank k takes ceil(files left / ranks left) of the files that are left.
        let ranks = worldSize ?? names.count
        payload = Payload(
            files: (0..<ranks).map { Array(names[Sharding.part($0, of: ranks, count: names.count)]) },
            batchSize: batchSize, resultPath: resultPath,
            dataPrefix: data.hasPrefix("/") ? data : Self.relative(data, to: folder.isEmpty ? "." : folder))
    }

    /// The way from one folder to another, both there.
    private static func relative(_ path: String, to base: String) -> String {
        func parts(_ path: String) -> [Substring]? {
            guard let real = realpath(path, nil) else { return nil }
            defer { free(real) }
            return String(cString: real).split(separator: "/")
        }
        guard let target = parts(path), let start = parts(base) else { return path }
        let common = zip(target, start).prefix { $0 == $1 }.count
        let way = [Substring](repeating: "..", count: start.count - common) + target[common...]
        return way.isEmpty ? "." : way.joined(separator: "/")
    }

    /// Writes the plan.
    ///
    /// - Throws: ``JobError`` with code 73 when something else than a plan stands there, 74 when it cannot be written.
    package func write(to path: String) throws {
        // `photoz run` would take it for a partition.
        guard !path.hasSuffix(".h5"), !path.hasSuffix(".hdf5") else {
            throw JobError(.outputRefused, "\(path): is the name of a partition, which a plan is not; name it *.json")
        }
        let bytes = Array(try json(payload))
        try writeWhole(path, replacing: Payload.ownFile) { try writeFile(bytes, $0) }
        try synchronise(OutputPlace.parent(of: path))
    }
}
