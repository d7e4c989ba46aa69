import Foundation
import TestSupport
import Testing

/// The processes of a running job, found by a word of their command lines through the system's files.
struct JobProcesses {
    /// A process and what it is.
    struct Process {
        let id: pid_t
        /// Its rank; nil for what is none.
        let rank: Int?
        /// The program's name.
        let name: String
        /// Whether it is the launcher.
        var isLauncher: Bool { rank == nil && MPILibrary.isLauncher(name) }
    }

    /// A word that is in the command lines of this job alone, such as its output folder.
    let word: String

    /// Those that live now.
    var all: [Process] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { name in
            guard let id = pid_t(name), let command = text("/proc/\(name)/cmdline"), command.contains(word),
                let environment = text("/proc/\(name)/environ")
            else { return nil }
            let variables = environment.split(separator: "\0").map { $0.split(separator: "=", maxSplits: 1) }
            let rank = variables.first { $0.count == 2 && MPILibrary.rankVariables.contains(String($0[0])) }?[1]
            let program = command.split(separator: "\0").first?.split(separator: "/").last ?? ""
            return Process(id: id, rank: rank.flatMap { Int($0) }, name: String(program))
        }
    }

    var ranks: [Process] { all.filter { $0.rank != nil } }

    /// Waits until all have gone.
    ///
    /// - Returns: False when some still live after `limit` seconds.
    func end(within limit: Double) async throws -> Bool {
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(limit) {
            if all.isEmpty { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return all.isEmpty
    }

    private func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// What `photoz status --json` says of a folder.
struct Status {
    let exitCode: Int
    let object: [String: Any]

    init(of folder: String) async throws {
        let outcome = try await Photoz.alone(["status", "--json", folder])
        exitCode = outcome.exitCode
        object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
    }

    var state: String? { object["state"] as? String }
    /// Galaxies whose findings are stored.
    var done: Int { object["galaxies_done"] as? Int ?? 0 }
}

extension Output {
    /// Waits until a running job has stored findings about so many galaxies.
    func waitForFindings(galaxies: Int = 1) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if try await Status(of: folder).done >= galaxies { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("\(folder): nothing in the journal after 30 s")
    }
}
