import AstroMAE
import Collectives
import HDF5
import PhotozExitCodes
import PhotozText
import Survey

/// A failure of the job: what the user is told, and the documented exit code.
package struct JobError: ExitCoded, Sendable, Equatable {
    /// The exit code.
    package let exitCode: ExitCode
    /// What is wrong, where, and what to do.
    package let description: String

    /// How the launcher has ended this rank, by a signal that may mean that another rank has failed; nil when this rank
    /// has come to its end by itself.
    package var byLauncher: ByLauncher?

    /// A signal of the launcher.
    package struct ByLauncher: Sendable, Equatable {
        /// Its number.
        package let signal: Int32
        /// Whether a rank on another host has failed, and says why.
        package let isToldElsewhere: Bool

        /// - Parameters: As the properties.
        package init(signal: Int32, isToldElsewhere: Bool) {
            self.signal = signal
            self.isToldElsewhere = isToldElsewhere
        }
    }

    /// A failure with its own words.
    package init(_ code: ExitCode, _ description: String) {
        exitCode = code
        self.description = description
    }

    /// Any error as a failure of the job.
    ///
    /// - Parameters:
    ///   - inspecting: Whether `photoz inspect` fails; it is then not advised.
    ///   - options: Options of `photoz inspect` with which it sees files as the command did, after a blank each.
    package init(_ error: any Error, inspecting: Bool = false, inspectOptions options: String = "") {
        switch error {
        case let error as JobError: self = error
        case let error as HDF5Error where JobError.otherKind(error) != nil:
            self.init(.badData, "\(error.file): \(JobError.otherKind(error) ?? error.reason)")
        case let error as HDF5Error where inspecting: self.init(error.exitCode, "\(error)")
        case let error as HDF5Error: self.init(error.exitCode, "\(error)\(JobError.advice(for: error))")
        case let error as WeightsError:
            // What does not say its format inspect takes for something else.
            let isFound = (try? File.open(error.file))?.hasAttribute("format") ?? false
            self.init(
                error.exitCode,
                "\(error)" + (inspecting || !isFound ? "" : "\nSee all faults with: photoz inspect \(error.file)"))
        case let error as PartitionError:
            self.init(
                error.exitCode,
                "\(error)"
                    + (inspecting || !error.isFoundByInspect
                        ? "" : "\nSee all faults with: photoz inspect \(error.file)\(options)"))
        case DataSet.Failure.empty(let path):
            let failure = DataSet.Failure.empty(path: path)
            self.init(failure.exitCode, "\(failure)\(JobError.whatIsThere(path))")
        case let error as CollectiveError where error.cause is JobError: self.init(error.cause ?? error)
        case let error as CollectiveError: self.init(error.exitCode, JobError.words(for: error))
        case let error as any ExitCoded: self.init(error.exitCode, error.description)
        default: self.init(.unexpected, "\(error)")
        }
    }

    private static func words(for error: CollectiveError) -> String {
        if error.routine == "MPI_Win_allocate_shared" {
            return
                "\(error): no memory that the ranks of this host can share; it lies in /dev/shm\(sharedRoom): enlarge it (containers: --shm-size), and ask photoz doctor how much is needed"
        }
        return switch error.kind {
        case .noRoom(let folder, let bytes, let free):
            smallSharedMemory(folder, lacking: bytes - free, host: MPI.processorName)
        case .timedOut: "\(error); go on by the same command with --resume"
        default: "\(error)"
        }
    }

    /// What to say of a host where the ranks' common memory has too little room.
    package static func smallSharedMemory(_ folder: String, lacking: Int, host: String?) -> String {
        "\(folder) is too small on \(host ?? "a host") by \(megabytes(lacking)): its ranks share the weights there; enlarge it (containers: --shm-size)"
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

    /// Of a folder without partitions, the first file of a known kind, and which command takes it; on a line of its
    /// own.
    private static func whatIsThere(_ folder: String) -> String {
        let files = NaturalOrder.sorted(FolderListing.names(of: folder) ?? []).map { folder + "/" + $0 }
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
