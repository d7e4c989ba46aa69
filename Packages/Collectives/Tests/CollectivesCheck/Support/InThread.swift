import Collectives
import Glibc

/// Runs something in another thread; an error ends the job.
final class InThread: Sendable {
    private let (begin, end) = (Flag(), Flag())

    init(_ body: @escaping @Sendable () throws -> Void) {
        Task.detached { [begin, end] in
            begin.set()
            do { try body() } catch {
                fputs("check: in another thread: \(error)\n", stderrHandle())
                MPI.abort(exitCode: 3)
            }
            end.set()
        }
    }

    /// Waits until the thread's operation, which others hold up, has MPI for itself.
    func waitUntilUnderWay(_ world: Communicator) {
        begin.waitUntilSet()
        repeat { usleep(100_000) } while !Self.isRefused(world)
    }

    private static func isRefused(_ world: Communicator) -> Bool {
        do {
            _ = try world.probe()
            return false
        } catch { return true }
    }

    func join() { end.waitUntilSet() }
}
