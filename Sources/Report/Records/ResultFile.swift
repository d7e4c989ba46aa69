import Glibc
import PhotozRecords

/// JSON files that a run left.
enum ResultFile {
    /// Reads a file if it is there.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - advice: What to do when it is not what it should be.
    ///   - body: Takes what it says.
    /// - Returns: nil when there is no file of that name.
    /// - Throws: ``ReportError`` when it is damaged.
    static func readIfThere<T>(
        _ path: String, advice: String, _ body: (JSONNode) throws(RecordError) -> T
    ) throws(ReportError) -> T? {
        do throws(RecordError) {
            return try JSONNode.read(path).map(body)
        } catch {
            throw ReportError(error.kind == .damaged ? .damaged : .missing, "\(error); \(advice)")
        }
    }

    /// Reads a file.
    ///
    /// - Parameters: As of ``readIfThere(_:advice:_:)``
    /// - Throws: ``ReportError`` when it is missing or damaged.
    static func read<T>(
        _ path: String, advice: String, _ body: (JSONNode) throws(RecordError) -> T
    ) throws(ReportError) -> T {
        guard let value = try readIfThere(path, advice: advice, body) else {
            throw ReportError(.missing, "\(path): is not there; \(advice)")
        }
        return value
    }
}

/// Whether a path leads to anything.
func fileIsThere(_ path: String) -> Bool { access(path, F_OK) == 0 }
