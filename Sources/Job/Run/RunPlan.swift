import Collectives
import FoundationEssentials
import HDF5
import Survey

/// What rank 0 found out and every rank must know.
struct RunPlan: Codable {
    let folder: String
    let names: [String]
    let rows: [Int]
    let hasRedshift: Bool
    let identifiers: Int
    let stringForm: StringForm?
    let stamps: [FileStamp]
    /// The hash that this attempt's journals begin with.
    let identity: [UInt8]
    /// Whether there is nothing to do: `--resume` found the results.
    let isFinished: Bool

    init(_ dataSet: DataSet, identity: [UInt8], isFinished: Bool) {
        self.identity = identity
        self.isFinished = isFinished
        folder = dataSet.folder
        names = dataSet.partitions.map(\.name)
        rows = dataSet.partitions.map(\.rows)
        stamps = dataSet.partitions.map(\.stamp)
        hasRedshift = dataSet.hasRedshift
        identifiers = dataSet.identifiers.rawValue
        stringForm = dataSet.stringForm
    }

    var dataSet: DataSet {
        DataSet(
            folder: folder,
            partitions: names.indices.map { DataSet.Partition(name: names[$0], rows: rows[$0], stamp: stamps[$0]) },
            hasRedshift: hasRedshift, identifiers: .init(rawValue: identifiers) ?? .none,
            stringForm: stringForm)
    }
}
