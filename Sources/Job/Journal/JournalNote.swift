import FoundationEssentials
import PhotozMachine

/// What a run says of itself beside its journals, for whoever finds them: `photoz status` above all.
struct JournalNote: Codable, Equatable {
    /// Marks the file.
    private(set) var format = "photoz.journal/1"
    /// The program's version.
    let version: String
    /// The command of the last attempt, as it was given.
    let commandLine: [String]
    /// The command that goes on, for a shell in ``workingFolder``.
    let resumeCommand: String
    /// Where the command was given: paths may be relative to it.
    let workingFolder: String
    /// Ranks of the last attempt.
    let ranks: Int
    /// Galaxies of the data set.
    let galaxies: Int
    /// Partitions of the data set.
    let partitions: Int
    /// When the first attempt began (ISO 8601, UTC).
    var start: String
    /// When the last one did.
    let lastStart: String

    enum CodingKeys: String, CodingKey {
        case format, version, ranks, galaxies, partitions
        case commandLine = "command_line"
        case resumeCommand = "resume_command"
        case workingFolder = "working_folder"
        case start = "start_utc"
        case lastStart = "last_start_utc"
    }
}

extension JournalFolder {
    private static let ownNote = OwnFile.json(
        "a note of photoz run", keys: [], texts: ["format": "photoz.journal/"])
    private var notePath: String { path + "/run.json" }

    /// What the run says of itself; nil when it has not come so far.
    var note: JournalNote? {
        guard let data = FileManager.default.contents(atPath: notePath) else { return nil }
        return try? JSONDecoder().decode(JournalNote.self, from: data)
    }

    /// Writes what the run says of itself; one that goes on began when its first attempt did.
    ///
    /// - Throws: ``JobError`` with code 73 or 74.
    func write(_ note: JournalNote) throws {
        var note = note
        if case .holdsFindings = state, let before = self.note { note.start = before.start }
        let bytes = Array(try json(note))
        try writeWhole(notePath, replacing: Self.ownNote) { try writeFile(bytes, $0) }
    }
}
