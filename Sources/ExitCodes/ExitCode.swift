/// How the program ends: the codes of BSD's `sysexits.h`, as Documentation.docc/Exit-Codes.md has them.
package enum ExitCode: Int32, Sendable {
    /// Options or values that make no sense, also when ranks were given different ones.
    case wrongUsage = 64
    /// A file that cannot be what it should be.
    case badData = 65
    /// A file that is not there or cannot be read.
    case inputMissing = 66
    /// A fault of the program's own, or of MPI.
    case unexpected = 70
    /// A result that would replace something, or has no room.
    case outputRefused = 73
    /// Reading or writing failed.
    case inputOutput = 74
    /// A signal, or a deadline: the run can be resumed.
    case stopped = 75
}

/// An error that knows the exit code of a program that it ends.
package protocol ExitCoded: Error, CustomStringConvertible {
    /// The documented exit code.
    var exitCode: ExitCode { get }
}
