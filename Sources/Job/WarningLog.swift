import Synchronization

/// What this process has warned of, for the record.
enum WarningLog {
    private static let texts = Mutex<[String]>([])

    static var all: [String] { texts.withLock { $0 } }

    /// Notes a warning; one that comes again is noted once.
    static func add(_ text: String) {
        texts.withLock { if !$0.contains(text) { $0.append(text) } }
    }
}
