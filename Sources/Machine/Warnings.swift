import Synchronization

/// What this process has warned of, for the record.
package enum WarningLog {
    private static let texts = Mutex<(inOrder: [String], known: Set<String>)>(([], []))

    package static var all: [String] { texts.withLock { $0.inOrder } }

    /// Notes a warning; one that comes again is noted once.
    package static func add(_ text: String) {
        texts.withLock { if $0.known.insert(text).inserted { $0.inOrder.append(text) } }
    }
}

/// A warning that does not stop the job; for rank 0, whose results record it.
package func warn(_ text: String) {
    WarningLog.add(text)
    StandardError.write(line: "photoz: warning: \(text)")
}
