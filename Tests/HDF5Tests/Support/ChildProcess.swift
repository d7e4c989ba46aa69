import Foundation
import Testing

/// Runs a task in a process of its own, which is this test program once more: what kills it or makes it hang is then a
/// result, and what it prints can be read.
enum ChildProcess {
    private static let key = "PHOTOZ_HDF5_TASK"

    /// The task of this process, if it is such a child: its words.
    static let task = ProcessInfo.processInfo.environment[key]?.split(separator: "\n").map(String.init)

    struct Result {
        /// Exit code, or the negative number of the signal that ended it.
        let status: Int32
        let output: String
        var isKilled: Bool { status < 0 }
    }

    /// Runs a task and waits for it, at most `limit` seconds, or `stall` seconds without a change of the file `number`:
    /// then it is killed.
    static func run(
        _ task: [String], folder: String, limit: TimeInterval, stalledAfter stall: TimeInterval = .infinity
    ) throws -> Result {
        let output = folder + "/output"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let file = try #require(FileHandle(forWritingAtPath: output))
        defer { try? file.close() }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--no-parallel", "--filter", "ChildTasks"]
        process.environment = ProcessInfo.processInfo.environment.merging(
            [key: task.joined(separator: "\n"), "SWIFT_BACKTRACE": "enable=no"]) { $1 }
        process.standardOutput = file
        process.standardError = file
        try process.run()
        let deadline = Date(timeIntervalSinceNow: limit)
        var (number, change) = ("", Date.now)
        while process.isRunning, Date.now < deadline, change.timeIntervalSinceNow > -stall {
            usleep(5000)
            let current = (try? String(contentsOfFile: folder + "/number", encoding: .utf8)) ?? ""
            if current != number { (number, change) = (current, .now) }
        }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        let status = process.terminationStatus
        return Result(
            status: process.terminationReason == .uncaughtSignal ? -status : status,
            output: try String(contentsOfFile: output, encoding: .utf8))
    }
}
