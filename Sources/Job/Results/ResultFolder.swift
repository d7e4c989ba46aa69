import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozRecords
import Survey

/// The folder that receives the results of one job: locked while the job lives, each file written under a temporary
/// name and renamed when it is whole.
final class ResultFolder {
    /// The file that marks a finished run.
    static let mark = "Results.json"
    /// The finished files, in the order of their renaming.
    static let names = [ResultNames.predictions, "combined_data.json", mark]
    /// What is large and not whole before the run's end.
    static let largeNames = [
        ResultNames.predictions, ResultNames.distributions, ResultNames.otherName, ResultNames.table,
    ]

    let path: String
    private let lock: FolderLock
    /// Files that this run writes beside those: the distributions, the predictions as text, the entries of single
    /// ranks.
    private let extras: [String]
    /// What `--resume` found.
    let isFinished: Bool
    /// Whether the journal is there because this run has begun.
    private var hasBegun = false

    /// Makes the folder when it is missing and locks it.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - extras: Files that this run writes beside ``names``.
    ///   - overwrite: Whether results of runs before may be replaced.
    ///   - resume: Whether a half-finished run may be gone on with.
    /// - Throws: ``JobError`` with code 73 when it cannot be made or written, when another job has it, when it holds
    ///   results and they are not to be overwritten, or something that no run of this program has left.
    init(_ path: String, extras: [String] = [], overwrite: Bool, resume: Bool = false) throws {
        try OutputFolder.make(path)
        lock = try FolderLock(of: path)
        self.path = path
        self.extras = extras
        do {
            let contents = ResultContents(of: path)
            try Self.admit(contents, in: path, overwrite: overwrite, resume: resume)
            isFinished = resume && contents.state == .finished
            if !isFinished {
                for name in extras + Self.names { try Self.own(name).requireReplaceable(path + "/" + name) }
            }
            // They take the room that this run needs.
            Self.removeUnfinished(extras + Self.names, in: path)
            // A run that was ended while it gave its results their names goes on as a half-finished one.
            if contents.state == .sealed { try JournalFolder.unseal(in: path) }
        } catch {
            lock.release()
            throw error
        }
    }

    /// Refuses what must not be replaced. Nothing is changed.
    static func admit(_ contents: ResultContents, in path: String, overwrite: Bool, resume: Bool) throws {
        switch contents.state {
        case .absent, .empty: return
        case .foreign(let fault): throw fault
        case .half, .sealed:
            guard overwrite || resume else {
                throw JobError(
                    .outputRefused,
                    "\(path): holds a half-finished run; add --resume to go on with it, or --overwrite to start anew")
            }
        case .otherFormat:
            guard overwrite else { throw JobError.otherFormat(in: path) }
        case .begun:
            guard overwrite || resume || contents.results.isEmpty else { throw holds(contents.results, path) }
        case .finished:
            guard overwrite || resume else { throw holds(contents.results, path) }
        case .partial:
            guard overwrite else { throw holds(contents.results, path) }
        }
    }

    private static func holds(_ results: [String], _ path: String) -> JobError {
        JobError(
            .outputRefused,
            "\(path): already holds \(results.joined(separator: ", ")); choose another folder, or give --overwrite to replace them"
        )
    }

    /// How predictions of this program's are known.
    static let predictionsFile = OwnFile.hdf5("a result of photoz run", attribute: "photoz_version", beginning: "")

    /// How a file of this program's is known that stands under a name of a result.
    private static func own(_ name: String) -> OwnFile {
        switch name {
        case ResultNames.predictions, ResultNames.otherName, ResultNames.distributions: predictionsFile
        case "Results.json":
            .json("a result of photoz run", keys: ["provenance"], texts: ["schema": "photoz.results/"])
        case ResultNames.table:
            .text("a table of photoz run", beginning: "partition,row,object_id,redshift", "partition,row,redshift")
        // As the serverless system has them, but for the times that only this program measures.
        default: .json("a result of photoz run", keys: ["result_path", "read_wait (seconds)", "idle_time (seconds)"])
        }
    }

    /// Removes what a run that was killed in its last moment has left beside its results.
    func tidy() {
        JournalFolder.sealed(in: path).remove()
        journal.sweep()
        release()
    }

    /// The journals of the run.
    var journal: JournalFolder { .current(in: path) }

    /// Begins the run: results that stand in the folder are from now on those of a run before.
    ///
    /// - Throws: ``JobError`` with code 73 or 74.
    func begin(_ identity: RunIdentity, _ dataSet: DataSet, resume: Bool) throws {
        JournalFolder.sealed(in: path).remove()
        if !resume { journal.remove() }
        if case .holdsFindings = journal.state { return try requireSame(identity, dataSet) }
        // Old results: somebody has asked to replace them by those of a certain run.
        if access(path + "/" + Self.mark, F_OK) == 0 { try requireSame(identity, dataSet) }
        if case .missing = journal.state { hasBegun = true }
        try journal.begin(identity)
    }

    private func requireSame(_ identity: RunIdentity, _ dataSet: DataSet) throws {
        guard let difference = journal.identity.flatMap({ identity.difference(from: $0, dataSet) }) else { return }
        throw JobError.another(run: "a half-finished", in: path, difference)
    }

    /// Where a file is written until it is whole.
    func temporary(_ name: String) -> String { Self.temporary(name, in: path) }

    /// The same in any folder of results.
    static func temporary(_ name: String, in path: String) -> String { path + "/" + OutputFolder.inProgress + name }

    /// Refuses to start a job whose results would not fit.
    ///
    /// - Throws: ``JobError`` with code 73.
    func requireSpace(bytes: Int) throws { try FolderCheck(path: path).requireSpace(bytes: bytes, for: "results") }

    /// Gives the finished files their names, but for the last, which ``finish()`` gives its own. Old results are
    /// unmarked first, so that `Results.json` never stands beside files of another run.
    ///
    /// - Throws: ``JobError`` with code 73 when something of somebody else's has come in the way, or 74.
    func publish() throws {
        for name in extras + Self.names { try Self.own(name).requireReplaceable(path + "/" + name) }
        let early = extras + Self.names.dropLast()
        for name in early { try synchronise(temporary(name)) }
        let marker = path + "/" + Self.mark
        guard unlink(marker) == 0 || errno == ENOENT else { throw systemFailure("\(marker): cannot be replaced") }
        removeOldExtras()
        for name in early { try giveName(name) }
        try synchronise(path)
    }

    /// Marks the run as finished.
    ///
    /// - Throws: ``JobError`` with code 74.
    func finish() throws {
        try synchronise(temporary(Self.mark))
        let sealed = journal.seal()
        try giveName(Self.mark)
        try synchronise(path)
        sealed.remove()
    }

    private func giveName(_ name: String) throws {
        guard rename(temporary(name), path + "/" + name) == 0 else {
            throw systemFailure("\(path)/\(name): cannot be written")
        }
    }

    /// Removes what is not finished, but for what can be resumed.
    ///
    /// - Parameter keepsBeginning: Whether a run that has found nothing yet is to be gone on with all the same.
    func discard(keepsBeginning: Bool = false) {
        if hasBegun, !keepsBeginning { journal.removeUnlessItHoldsFindings() }
        journal.sweep()
        Self.removeUnfinished(extras + Self.names, in: path)
    }

    /// Removes files that are not whole, of a run that has failed: any of its ranks may call it.
    static func removeUnfinished(_ names: [String], in path: String) {
        for name in names { unlink(temporary(name, in: path)) }
    }

    /// Lets other jobs have the folder.
    func release() { lock.release() }

    /// Writes a small file under its temporary name.
    ///
    /// - Throws: ``JobError`` with code 74.
    func write(_ bytes: some Collection<UInt8>, to name: String) throws {
        try writeFile(Array(bytes), temporary(name))
    }

    /// Removes files of runs before that this one does not write.
    private func removeOldExtras() {
        for name in FolderListing.names(of: path) ?? [] {
            let isUnfinished = name.hasPrefix(OutputFolder.inProgress)
            let final = isUnfinished ? String(name.dropFirst(OutputFolder.inProgress.count)) : name
            guard Self.isExtra(final), !extras.contains(final) else { continue }
            // What was not finished may have no mark yet; nobody else has such names.
            if isUnfinished || Self.own(final).stands(at: path + "/" + final) { unlink(path + "/" + name) }
        }
    }

    /// Whether some runs write a file of that name beside their results.
    private static func isExtra(_ name: String) -> Bool {
        [ResultNames.table, ResultNames.otherName, ResultNames.distributions].contains(name)
            || name.hasSuffix(".json") && Int(name.dropLast(5)).map { "\($0).json" } == name
    }
}

extension JobError {
    /// A folder holds a run that cannot be gone on with.
    ///
    /// - Parameters:
    ///   - run: "a half-finished" or "a finished".
    ///   - difference: What is not the same, if that is known.
    static func another(run: String, in folder: String, _ difference: String? = nil) -> JobError {
        let what = difference.map { " (\($0))" } ?? ""
        return JobError(
            .outputRefused,
            "\(folder): holds \(run) run of another version, or with other weights, data, settings or instruction set\(what); start anew with --overwrite, or choose another folder"
        )
    }
}
