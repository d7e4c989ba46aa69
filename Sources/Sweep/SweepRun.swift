import Dispatch
import FoundationEssentials
import Subprocess
import Synchronization

/// Starts one run of a sweep and waits for its end.
public enum SweepRun {
    /// - Parameters:
    ///   - words: The command.
    ///   - log: Receives all that the run prints.
    /// - Throws: ``SweepError`` when the run cannot be started or fails, with what it said.
    public static func start(_ words: [String], log: String) throws(SweepError) {
        let outcome = wait { try await run(words) }
        switch outcome {
        case .failure(let error):
            throw SweepError(
                .noLauncher,
                "\(words[0]): cannot be started (\(error)); install Open MPI, or name the launcher with --launcher")
        case .success(let (code, output)):
            try? Data(output.utf8).write(to: URL(filePath: log))
            guard code == 0 else {
                // The launcher's own notices stand around what the run said.
                let command = words.joined(separator: " ")
                let lines = output.split(separator: "\n")
                let start = lines.firstIndex { $0.contains("photoz: error") } ?? 0
                let said = lines[start...].prefix(6).joined(separator: "\n")
                throw SweepError(
                    .failed(code),
                    "the run failed with exit code \(code): \(command)\n\(said)\nAll that it printed: \(log)"
                )
            }
        }
    }

    private static func run(_ words: [String]) async throws -> (code: Int32, output: String) {
        let result = try await Subprocess.run(
            words[0].contains("/") ? .path(.init(words[0])) : .name(words[0]),
            arguments: Arguments(Array(words.dropFirst())), output: .string(limit: 1 << 20), error: .combinedWithOutput)
        let code: Int32 =
            switch result.terminationStatus {
            case .exited(let status): status
            case .signaled(let signal): 128 + signal
            }
        return (code, result.standardOutput)
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
