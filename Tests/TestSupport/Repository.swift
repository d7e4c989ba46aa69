import Foundation

/// Files of the repository that tests read.
public enum Repository {
    /// The repository's root.
    public static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The trained network that comes with the project.
    public static let weights = root + "/Data/astromae-mock-sdss.h5"
    /// The mock survey that comes with the project: 256 galaxies.
    public static let galaxies = root + "/Data/mock-galaxies.h5"

    /// A file of `Tests/Fixtures`: inputs, and what the published network makes of them.
    public static func fixture(_ name: String) -> String { root + "/Tests/Fixtures/" + name }
}
