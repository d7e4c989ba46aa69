import Collectives
import PhotozExitCodes

extension CollectiveError: ExitCoded {
    /// The exit code of a program that this ends.
    package var exitCode: ExitCode {
        if routine == "MPI_Win_allocate_shared" { return .inputOutput }
        return switch kind {
        case .noRoom, .endOfFile: .inputOutput
        case .timedOut, .abandoned: .stopped
        case .mpi, .lengthsDiffer, .sizesDiffer, .misuse, .functionThrew, .interrupted, .cancelled: .unexpected
        }
    }
}
