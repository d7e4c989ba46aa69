import FoundationEssentials
import PhotozMachine
import PhotozRecords
import PhotozText

/// What a folder of results holds, for people and for scripts.
extension FolderStatus {
    /// On one screen.
    package var text: String {
        var lines = [headline]
        func add(_ name: String, _ value: String?) {
            guard let value else { return }
            lines.append("  " + name + String(repeating: " ", count: 13 - name.count) + value)
        }
        add("galaxies", progressText)
        add("last stored", progress?.lastWritten.map { "\(timestamp($0)), \(Self.age(of: $0)) ago" })
        add("command", origin.map { $0.commandLine.map(shellQuoted).joined(separator: " ") })
        add("by", origin.map { "photoz \($0.version), \($0.ranks) \($0.ranks == 1 ? "rank" : "ranks")" })
        add("started", origin.map { $0.start + ($0.end.map { ", ended \($0)" } ?? "") })
        if isBeingWritten {
            add("now", "a command is writing here: wait for it")
        } else if let nextCommand {
            add(contents.state == .finished ? "look with" : "go on with", nextCommand)
        } else if canBeResumed {
            add("go on with", "the same command and --resume")
        }
        return lines.joined(separator: "\n")
    }

    private var canBeResumed: Bool {
        switch contents.state {
        case .begun, .half, .sealed: true
        default: false
        }
    }

    private var headline: String {
        switch contents.state {
        case .absent: "\(folder): is not there: no run"
        case .empty: "\(folder): holds no run"
        case .foreign(let fault): fault.description
        case .otherFormat: JobError.otherFormat(in: folder).description
        case .begun: "\(folder): half-finished run, which has stored no galaxy yet"
        case .half: "\(folder): half-finished run"
        case .sealed: "\(folder): half-finished run, which was ended while its results got their names"
        case .finished: "\(folder): finished run"
        case .partial:
            "\(folder): holds \(contents.results.joined(separator: ", ")) without \(ResultFolder.mark), which marks a finished run, and nothing to go on with; start anew with --overwrite, or choose another folder"
        }
    }

    private var progressText: String? {
        guard let progress else { return nil }
        guard contents.state != .finished else { return "\(progress.done)" }
        let attempts = "\(progress.attempts) \(progress.attempts == 1 ? "attempt" : "attempts")"
        guard let total = origin?.galaxies, total > 0 else { return "\(progress.done) done, in \(attempts)" }
        let percent = progress.done * 100 / total
        return "\(progress.done) of \(total) done (\(percent) %), in \(attempts)"
    }

    private static func age(of date: Date) -> String {
        let seconds = max(0, Int(Date().timeIntervalSince(date)))
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}

extension FolderStatus: Encodable {
    enum CodingKeys: String, CodingKey {
        case schema, folder, state, message, version, ranks, attempts, galaxies, results
        case isBeingWritten = "being_written"
        case isResumable = "resumable"
        case done = "galaxies_done"
        case stored = "findings_stored"
        case lastWritten = "last_written_utc"
        case commandLine = "command_line"
        case start = "start_utc"
        case end = "end_utc"
        case nextCommand = "next_command"
    }

    /// A name of the state for scripts.
    private var stateName: String {
        switch contents.state {
        case .absent: "absent"
        case .empty: "empty"
        case .foreign: "foreign"
        case .otherFormat: "other_format"
        case .begun: "begun"
        case .half: "half_finished"
        case .sealed: "sealed"
        case .finished: "finished"
        case .partial: "partial"
        }
    }

    private var message: String? {
        switch contents.state {
        case .foreign, .otherFormat, .partial: headline
        default: nil
        }
    }

    /// Every key stands there, with null where nothing is known.
    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode("photoz.status/1", forKey: .schema)
        try keys.encode(folder, forKey: .folder)
        try keys.encode(stateName, forKey: .state)
        try keys.encode(isBeingWritten, forKey: .isBeingWritten)
        try keys.encode(canBeResumed, forKey: .isResumable)
        try keys.encode(message, forKey: .message)
        try keys.encode(contents.results, forKey: .results)
        try keys.encode(origin?.galaxies, forKey: .galaxies)
        try keys.encode(progress?.done, forKey: .done)
        try keys.encode(progress?.stored, forKey: .stored)
        try keys.encode(contents.state == .finished ? nil : progress?.attempts, forKey: .attempts)
        try keys.encode(progress?.lastWritten.map(timestamp), forKey: .lastWritten)
        try keys.encode(origin?.version, forKey: .version)
        try keys.encode(origin?.ranks, forKey: .ranks)
        try keys.encode(origin?.commandLine, forKey: .commandLine)
        try keys.encode(origin?.start, forKey: .start)
        try keys.encode(origin?.end, forKey: .end)
        try keys.encode(nextCommand, forKey: .nextCommand)
    }
}
