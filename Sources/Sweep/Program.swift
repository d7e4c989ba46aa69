import Dispatch
import Subprocess
import Synchronization

/// Other programs, run to their end.
package enum Program {
    /// - Parameters:
    ///   - words: The program, by its path or its name, and its arguments.
    ///   - output: An open file that receives all that it prints.
    /// - Returns: Its exit code, 128 and more for a signal; or why it could not be started.
    package static func run(_ words: [String], output: Int32) -> Result<Int32, any Error> {
        wait {
            let result = try await Subprocess.run(
                words[0].contains("/") ? .path(.init(words[0])) : .name(words[0]),
                arguments: Arguments(Array(words.dropFirst())),
                output: .fileDescriptor(.init(rawValue: output), closeAfterSpawningProcess: false),
                error: .fileDescriptor(.init(rawValue: output), closeAfterSpawningProcess: false))
            switch result.terminationStatus {
            case .exited(let status): return status
            case .signaled(let signal): return 128 + signal
            }
        }
    }

    /// Waits for asynchronous work: commands of this program are synchronous, since MPI belongs to one thread.
    private static func wait<T: Sendable>(_ work: @escaping @Sendable () async throws -> T) -> Result<T, any Error> {
        let outcome = Mutex<Result<T, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        Task {
            let result: Result<T, any Error>
            do { result = .success(try await work()) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        return outcome.withLock { $0! }
    }
}
