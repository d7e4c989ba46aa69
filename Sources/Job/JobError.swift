import AstroMAE
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

    /// A failure with its own words.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Any error as a failure of the job.
    ///
    /// - Parameter inspecting: Whether `photoz inspect` fails; it is then not advised.
    public init(_ error: any Error, inspecting: Bool = false) {
        switch error {
        case let error as JobError: self = error
        case let error as HDF5Error where inspecting: self.init(JobError.code(of: error), "\(error)")
        case let error as HDF5Error: self.init(JobError.code(of: error), "\(error)\(JobError.advice(for: error))")
        case let error as WeightsError:
            self.init(.badData, "\(error)" + (inspecting ? "" : "\nSee all faults with: photoz inspect \(error.file)"))
        case let error as PartitionError:
            self.init(.badData, "\(error)" + (inspecting ? "" : "\nSee all faults with: photoz inspect \(error.file)"))
        case let error as DataSet.Failure:
            if case .inconsistent = error {
                self.init(.badData, "\(error)")
            } else {
                self.init(.inputMissing, "\(error)")
            }
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
        default: self.init(.unexpected, "\(error)")
        }
    }

    private static func code(of error: HDF5Error) -> Code {
        switch error.kind {
        case .unreadable: .inputMissing
        case .notHDF5, .missingObject, .mismatch, .failed, .refused: .badData
        case .unwritable: .inputOutput
        }
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
