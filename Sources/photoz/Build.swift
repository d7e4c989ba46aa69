import AstroMAE
import Collectives
import HDF5

/// What the program was built from and with.
enum Build {
    /// The version alone on the first line, for scripts; then a line each for MPI, HDF5, the compiler and the kernels.
    static var description: String {
        let headers = MPI.headerVersion.isEmpty ? "" : ", built with headers of \(MPI.headerVersion)"
        return """
            \(Photoz.version)
            MPI: \(mpi)\(headers)
            HDF5: \(Library.headerVersion)
            Swift: \(swift)
            instruction sets: \(InstructionSet.names.joined(separator: ", "))
            """
    }

    /// The name and version of the MPI library, without what it says about its own build. MPI need not run.
    private static var mpi: String {
        (MPI.libraryVersion.split(separator: ",").first ?? "unknown").split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
    }

    /// The compiler's version: Swift tells it to conditions only.
    private static var swift: String {
        #if compiler(>=6.4)
            "6.4 or newer"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
