import Foundation

/// A folder of a test's own, removed when the test is done with it.
public final class TemporaryFolder {
    /// Its path.
    public let path: String

    /// - Throws: When the folder cannot be made.
    public init() throws {
        let template = FileManager.default.temporaryDirectory.appendingPathComponent("photoz-test-XXXXXX").path
        var bytes = Array(template.utf8CString)
        guard mkdtemp(&bytes) != nil else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        path = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The path of an entry.
    public func file(_ name: String) -> String { path + "/" + name }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
