import Foundation

/// A folder of a test's own, removed when the test process ends.
///
/// Not earlier: an object may end after its last mention in the source, while a program that the test started still
/// reads the folder.
public struct TemporaryFolder: Sendable {
    /// Its path.
    public let path: String

    private static let parent: String = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("photoz-tests-\(getpid())").path
        atexit { try? FileManager.default.removeItem(atPath: TemporaryFolder.parent) }
        return path
    }()

    /// Where no folder can be made.
    static let nowhere = parent + "/nowhere/folder"

    /// - Throws: When the folder cannot be made.
    public init() throws {
        path = Self.parent + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The path of an entry.
    public func file(_ name: String) -> String { path + "/" + name }
}
