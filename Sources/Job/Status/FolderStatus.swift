import Dispatch
import FoundationEssentials
import Glibc
import PhotozExitCodes
import PhotozMachine
import PhotozRecords
import PhotozText
import Survey
import Synchronization

/// What a folder of results holds, of which run, how far that has come, and what to do next. Nothing is changed.
package struct FolderStatus {
    /// How far a run has come.
    struct Progress: Equatable {
        /// Galaxies whose findings are stored.
        var done = 0
        /// Findings of all attempts: more than those where galaxies were done again.
        var stored = 0
        /// Attempts so far.
        var attempts = 0
        /// When something was stored last.
        var lastWritten: Date?
    }

    /// The run that a folder speaks of.
    struct Origin: Equatable {
        let version: String
        let commandLine: [String]
        let ranks: Int
        let galaxies: Int
        let start: String
        /// When it ended; nil before.
        let end: String?
    }

    let folder: String
    let contents: ResultContents
    /// Whether a command has the folder's lock.
    let isBeingWritten: Bool
    let origin: Origin?
    let progress: Progress?
    /// The command to type next, for a shell; nil while another is at work, and where it is not for this program to
    /// say.
    let nextCommand: String?

    /// Looks at a folder.
    ///
    /// - Parameter path: The folder; it need not be there.
    /// - Throws: ``JobError`` with code 66 for what is no folder or cannot be listed, `RecordError` for a journal that
    ///   cannot be read.
    package init(of path: String) throws {
        folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if access(path, F_OK) == 0 || errno != ENOENT {
            guard isFolder(path) else {
                throw JobError(.inputMissing, "\(path): is no folder; give the folder of a run's results")
            }
            guard FolderListing.names(of: path) != nil else {
                throw JobError(
                    .inputMissing, "\(path): cannot be listed: \(String(cString: strerror(errno)))")
            }
        }
        var (contents, found) = (ResultContents(of: path), Findings())
        // A run that is under way may come to its end meanwhile.
        for _ in 0..<5 {
            found = try Findings(in: path, contents)
            let now = ResultContents(of: path)
            guard now.state != contents.state else { break }
            contents = now
        }
        if case .finished = contents.state, found.origin == nil {
            contents = ResultContents(
                foreign: JobError(
                    .outputRefused,
                    "\(path)/\(ResultFolder.mark): cannot be read as the mark of a finished run; copy it again from where it came from, or choose another folder"
                ), beside: contents)
        }
        self.contents = contents
        (origin, progress) = (found.origin, found.progress)
        isBeingWritten = FolderLock.isTaken(of: path)
        nextCommand = isBeingWritten ? nil : Self.nextCommand(folder, contents.state, found.note)
    }

    /// 0 for a finished run; 75 for one that can be gone on with, or that is under way; 66 where there is no run; 73
    /// for what `photoz run` refuses to touch, or to go on with.
    package var exitCode: ExitCode? {
        switch contents.state {
        case .finished: nil
        case .begun, .half, .sealed: .stopped
        case .absent, .empty: isBeingWritten ? .stopped : .inputMissing
        case .foreign, .partial, .otherFormat: .outputRefused
        }
    }

    private static func nextCommand(_ folder: String, _ state: ResultContents.State, _ note: JournalNote?) -> String? {
        switch state {
        case .begun, .half, .sealed:
            guard let note else { return nil }
            let isHere = note.workingFolder == FileManager.default.currentDirectoryPath
            return isHere ? note.resumeCommand : "cd \(shellQuoted(note.workingFolder)) && \(note.resumeCommand)"
        case .finished: return "photoz report \(shellQuoted(folder)) --output \(shellQuoted(folder + ".html"))"
        case .absent, .empty, .foreign, .partial, .otherFormat: return nil
        }
    }
}

extension FolderStatus {
    /// What the files of a folder tell.
    fileprivate struct Findings {
        var origin: Origin?
        var progress: Progress?
        var note: JournalNote?

        init() {}

        init(in path: String, _ contents: ResultContents) throws {
            switch contents.state {
            case .begun, .half: try look(at: .current(in: path))
            case .sealed: try look(at: .sealed(in: path))
            case .finished: readResults(in: path)
            case .absent, .empty, .foreign, .partial, .otherFormat: break
            }
        }

        private mutating func look(at journal: JournalFolder) throws {
            note = journal.note
            origin = note.map {
                Origin(
                    version: $0.version, commandLine: $0.commandLine, ranks: $0.ranks, galaxies: $0.galaxies,
                    start: $0.start, end: nil)
            }
            let files = JournalFile.all(in: journal.path)
            let spans = try Self.scan(files, in: journal.path, total: note?.galaxies ?? .max)
            var progress = Progress()
            for file in files {
                var status = stat()
                guard stat(file.path(in: journal.path), &status) == 0 else { continue }
                let date = Date(timeIntervalSince1970: TimeInterval(status.st_mtim.tv_sec))
                progress.lastWritten = max(date, progress.lastWritten ?? date)
            }
            progress.done = FinishedSpans(spans).count
            progress.stored = spans.reduce(0) { $0 + $1.galaxies.count }
            progress.attempts = files.last?.attempt ?? 0
            self.progress = progress
        }

        /// All records of all files, several files at once: there may be one of each of many nodes.
        private static func scan(_ files: [JournalFile], in folder: String, total: Int) throws -> [JournalSpan] {
            let found = Mutex((spans: [JournalSpan](), error: (any Error)?.none))
            DispatchQueue.concurrentPerform(iterations: files.count) { index in
                do {
                    let spans = try files[index].scan(
                        in: folder, index: index, identity: nil, columns: nil, total: total)
                    found.withLock { $0.spans += spans }
                } catch is ForeignJournal {
                    // The state of the folder says so.
                } catch {
                    found.withLock { $0.error = error }
                }
            }
            return try found.withLock { found in
                if let error = found.error { throw error }
                return found.spans
            }
        }

        private mutating func readResults(in path: String) {
            guard let data = FileManager.default.contents(atPath: path + "/" + ResultFolder.mark),
                let results = try? JSONDecoder().decode(MarkedRun.self, from: data)
            else { return }
            let run = results.provenance
            origin = Origin(
                version: run.version, commandLine: run.commandLine, ranks: results.worldSize,
                galaxies: results.samples, start: run.start, end: run.end)
            progress = Progress(
                done: results.samples, stored: results.samples, lastWritten: try? Date(run.end, strategy: .iso8601))
        }
    }

    /// What of `Results.json` tells of the run.
    private struct MarkedRun: Decodable {
        struct Provenance: Decodable {
            let version: String
            let commandLine: [String]
            let start: String
            let end: String

            enum CodingKeys: String, CodingKey {
                case version
                case commandLine = "command_line"
                case start = "start_utc"
                case end = "end_utc"
            }
        }

        let samples: Int
        let worldSize: Int
        let provenance: Provenance

        enum CodingKeys: String, CodingKey {
            case samples = "num_samples"
            case worldSize = "world_size"
            case provenance
        }
    }
}
