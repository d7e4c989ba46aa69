import Glibc
import PhotozRecords

/// A file in the journal's folder by which a rank that fails tells those of rank 0's host that it speaks. The launcher
/// ends them by the same signal with which it stops a job, and they would say that the job was stopped, and end with
/// that code.
///
/// A file, since at that moment neither waits for the other, and what MPI has on its way is lost with the process.
struct FailureMark {
    private let path: String

    /// - Parameter output: The folder of the results.
    init(output: String) { path = "\(output)/\(Journal.folder)/failed" }

    /// Leaves it. Needs no room on the disk but for its name; where even that fails, two ranks speak.
    func leave() {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Takes away what a run before has left.
    func clear() { unlink(path) }

    /// Whether a rank has left it.
    var isThere: Bool { access(path, F_OK) == 0 }
}
