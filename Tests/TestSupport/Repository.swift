import Foundation

/// Files of the repository that tests read.
public enum Repository {
    /// The repository's root.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The program as it is shipped. `launch/test` builds it and names it in PHOTOZ, as its folder goes by the MPI.
    public static let shipped =
        ProcessInfo.processInfo.environment["PHOTOZ"] ?? root + "/.build-static/release/photoz"
    /// The name by which pkg-config knows the MPI that all is built with.
    public static let mpi = ProcessInfo.processInfo.environment["PHOTOZ_MPI"] ?? "ompi-c"

    /// The trained network that comes with the project.
    public static let weights = root + "/Data/astromae-mock-sdss.h5"
    /// The mock survey that comes with the project: 256 galaxies.
    public static let galaxies = root + "/Data/mock-galaxies.h5"

    /// A file of `Tests/Fixtures`: inputs, and what the published network makes of them.
    public static func fixture(_ name: String) -> String { root + "/Tests/Fixtures/" + name }
}
