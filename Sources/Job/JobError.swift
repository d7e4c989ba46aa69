import AstroMAE
import Collectives
import HDF5
import Interchange
import MockSurvey
import Records
import Survey

/// A failure of the job: what the user is told, and the documented exit code.
public struct JobError: Error, Sendable, CustomStringConvertible {
    /// The documented exit codes of a failed job.
    public enum Code: Int32, Sendable {
        case wrongUsage = 64
        case badData = 65
        case inputMissing = 66
        case unexpected = 70
        case outputRefused = 73
        case inputOutput = 74
        /// A signal, or a deadline: the run can be resumed.
        case stopped = 75
    }

    /// The exit code.
    public let code: Code
    /// What is wrong, where, and what to do.
    public let description: String

    /// How the launcher has ended this rank, by a signal that may mean that another rank has failed; nil when this rank has
    /// come to its end by itself.
    public var byLauncher: ByLauncher?

    /// A signal of the launcher.
    public struct ByLauncher: Sendable {
        /// Its number.
        public let signal: Int32
        /// Whether a rank on another host has failed, and says why.
        public let isToldElsewhere: Bool
    }

    /// A failure with its own words.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Any error as a failure of the job.
    ///
    /// - Parameters:
    ///   - inspecting: Whether `photoz inspect` fails; it is then not advised.
    ///   - options: Options of `photoz inspect` with which it sees files as the command did, after a blank each.
    public init(_ error: any Error, inspecting: Bool = false, inspectOptions options: String = "") {
        switch error {
        case let error as JobError: self = error
        case let error as HDF5Error where JobError.otherKind(error) != nil:
            self.init(.badData, "\(error.file): \(JobError.otherKind(error) ?? error.reason)")
        case let error as HDF5Error where inspecting: self.init(JobError.code(of: error), "\(error)")
        case let error as HDF5Error: self.init(JobError.code(of: error), "\(error)\(JobError.advice(for: error))")
        case let error as WeightsError:
            self.init(.badData, "\(error)" + (inspecting ? "" : "\nSee all faults with: photoz inspect \(error.file)"))
        case let error as PartitionError:
            self.init(
                .badData,
                "\(error)" + (inspecting ? "" : "\nSee all faults with: photoz inspect \(error.file)\(options)"))
        case DataSet.Failure.empty(let path):
            self.init(.inputMissing, "\(DataSet.Failure.empty(path: path))\(JobError.whatIsThere(path))")
        case let error as DataSet.Failure:
            if case .inconsistent = error {
                self.init(.badData, "\(error)")
            } else {
                self.init(.inputMissing, "\(error)")
            }
        case let error as CollectiveError where error.routine == "MPI_Win_allocate_shared":
            self.init(
                .inputOutput,
                "\(error): no memory that the ranks of this host can share; it lies in /dev/shm\(JobError.sharedRoom): enlarge it (containers: --shm-size), and ask photoz doctor how much is needed"
            )
        case let error as InterchangeError:
            self.init(error.kind == .unreadable ? .inputMissing : .badData, "\(error)")
        case let error as RecordError:
            self.init(error.kind == .unreadable ? .inputMissing : .badData, "\(error)")
        case let error as Catalog.Failure:
            if case .unreadable = error {
                self.init(.inputMissing, "\(error)")
            } else {
                self.init(.badData, "\(error)")
            }
        case let error as CollectiveError: self.init(error)
        default: self.init(.unexpected, "\(error)")
        }
    }

    private init(_ error: CollectiveError) {
        switch error.kind {
        case .noRoom(let folder, let bytes, let free):
            self.init(.inputOutput, JobError.smallSharedMemory(folder, lacking: bytes - free, host: MPI.processorName))
        case .timedOut: self.init(.stopped, "\(error); go on by the same command with --resume")
        default: self.init(.unexpected, "\(error)")
        }
    }

    /// What to say of a host where the ranks' common memory has too little room.
    static func smallSharedMemory(_ folder: String, lacking: Int, host: String?) -> String {
        "\(folder) is too small on \(host ?? "a host") by \(megabytes(lacking)): its ranks share the weights there; enlarge it (containers: --shm-size)"
    }

    private static func code(of error: HDF5Error) -> Code {
        switch error.kind {
        case .unreadable: .inputMissing
        case .notHDF5, .missingObject, .mismatch, .failed, .refused: .badData
        case .unwritable: .inputOutput
        }
    }

    /// What the file is instead of HDF5; nil where that is not known, or where it begins as HDF5 does and is damaged.
    private static func otherKind(_ error: HDF5Error) -> String? {
        guard error.kind == .notHDF5, !File.isHDF5(error.file) else { return nil }
        return FileKind(of: error.file).insteadOfHDF5
    }

    /// What /dev/shm has left, as a part of a sentence.
    private static var sharedRoom: String {
        FolderCheck(path: "/dev/shm").room.map { ", which has \(megabytes($0)) free" } ?? ""
    }

    /// Of a folder without partitions, the first file of a known kind, and which command takes it; on a line of its own.
    private static func whatIsThere(_ folder: String) -> String {
        let files = (FolderListing.names(of: folder) ?? []).sorted(by: NaturalOrder.precedes).map { folder + "/" + $0 }
        for file in files.prefix(100) {
            if let kind = FileKind(of: file).insteadOfHDF5 { return "\n\(file): \(kind)" }
        }
        return ""
    }

    private static func advice(for error: HDF5Error) -> String {
        switch error.kind {
        case .unreadable: "; check the path and its permissions"
        case .notHDF5, .failed: "; copy the file again from where it came from"
        case .missingObject, .mismatch: "; check the file with: photoz inspect \(error.file)"
        case .refused: ""
        case .unwritable: "; check the free space and the permissions of its folder"
        }
    }
}
