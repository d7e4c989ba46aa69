import FoundationEssentials
import Glibc
import Records
import Survey

/// The folder that receives the results of one job: locked while the job lives, each file written under a temporary name
/// and renamed when it is whole.
final class OutputFolder {
    /// The finished files, in the order of their renaming: the last one marks a finished run.
    static let names = ["predictions.h5", "combined_data.json", "Results.json"]
    static let lockName = ".photoz.lock"
    static let inProgress = "inprogress_"

    let path: String
    private let lock: Int32
    /// Files that this run writes beside those: the predictions as text, the entries of single ranks.
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
    /// - Throws: ``JobError`` with code 73 when it cannot be made or written, when another job has it, when it holds results
    ///   and they are not to be overwritten, or something that no run of this program has left.
    init(_ path: String, extras: [String] = [], overwrite: Bool, resume: Bool = false) throws {
        try Self.make(path)
        lock = try Self.lock(path)
        self.path = path
        self.extras = extras
        do { isFinished = try Self.admit(path, extras, overwrite: overwrite, resume: resume) } catch {
            Self.release(path, lock)
            throw error
        }
    }

    /// Looks at what runs before have left, and changes nothing but the name of a journal.
    ///
    /// - Returns: Whether the run to be resumed has come to its end.
    private static func admit(_ path: String, _ extras: [String], overwrite: Bool, resume: Bool) throws -> Bool {
        let (journal, sealed) = (JournalFolder(path: path + "/" + Journal.folder), sealedJournal(path))
        for folder in [journal, sealed] { try folder.requireOwn() }
        let finished = names.filter { access(path + "/" + $0, F_OK) == 0 }
        if let folder = finished.first(where: { isFolder(path + "/" + $0) }) {
            throw JobError(
                .outputRefused, "\(path)/\(folder): is a folder where a result goes; remove it or choose another output"
            )
        }
        // A run that was ended while it gave its results their names goes on; one that had come to the last has finished.
        if !finished.contains("Results.json"), sealed.isHalfFinished {
            journal.removeUnlessItHoldsFindings()
            rename(sealed.path, journal.path)
        }
        if case .holdsFindings = journal.state, !overwrite, !resume {
            throw JobError(
                .outputRefused,
                "\(path): holds a half-finished run; add --resume to go on with it, or --overwrite to start anew")
        }
        if !finished.isEmpty, !overwrite, !(resume && (journal.isHalfFinished || finished.contains("Results.json"))) {
            throw JobError(
                .outputRefused,
                "\(path): already holds \(finished.joined(separator: ", ")); choose another folder, or give --overwrite to replace them"
            )
        }
        let isFinished = resume && !journal.isHalfFinished && finished.contains("Results.json")
        if !isFinished { for name in extras + names { try own(name).requireReplaceable(path + "/" + name) } }
        return isFinished
    }

    /// How a file of this program's is known that stands under a name of a result.
    private static func own(_ name: String) -> OwnFile {
        switch name {
        case "predictions.h5": .hdf5("a result of photoz run", attribute: "photoz_version", beginning: "")
        case "Results.json":
            .json("a result of photoz run", keys: ["provenance"], texts: ["schema": "photoz.results/"])
        case "predictions.csv":
            .text("a table of photoz run", beginning: "partition,row,object_id,redshift", "partition,row,redshift")
        // As the serverless system has them, but for the times that only this program measures.
        default: .json("a result of photoz run", keys: ["result_path", "read_wait (seconds)", "idle_time (seconds)"])
        }
    }

    /// Removes what a run that was killed in its last moment has left beside its results.
    func tidy() {
        Self.sealedJournal(path).remove()
        journal.sweep()
        release()
    }

    /// The journals of the run.
    var journal: JournalFolder { JournalFolder(path: path + "/" + Journal.folder) }

    /// The journal's name while results get theirs: it is then no longer that of a half-finished run.
    private static func sealedJournal(_ path: String) -> JournalFolder {
        JournalFolder(path: path + "/" + Journal.sealedFolder)
    }

    /// Begins the run: results that stand in the folder are from now on those of a run before.
    ///
    /// - Throws: ``JobError`` with code 73 or 74.
    func begin(_ identity: RunIdentity, resume: Bool) throws {
        Self.sealedJournal(path).remove()
        if !resume { journal.remove() }
        if case .holdsFindings = journal.state { return try requireSame(identity) }
        // Old results: somebody has asked to replace them by those of a certain run.
        if access(path + "/Results.json", F_OK) == 0 { try requireSame(identity) }
        if case .missing = journal.state { hasBegun = true }
        try journal.begin(identity)
    }

    private func requireSame(_ identity: RunIdentity) throws {
        guard let difference = journal.identity.flatMap(identity.difference) else { return }
        throw JobError.another(run: "a half-finished", in: path, difference)
    }

    /// A folder of one's own, locked: partitions of two data sets in one folder would look like one.
    ///
    /// - Throws: ``JobError`` with code 73 when it cannot be made, or holds anything.
    static func empty(_ path: String) throws -> OutputFolder {
        try make(path)
        let folder = OutputFolder(empty: path, lock: try lock(path))
        let all = FolderListing.names(of: path) ?? []
        let names = all.filter { $0 != lockName }.sorted()
        guard names.isEmpty else {
            folder.release()
            throw JobError(
                .outputRefused,
                "\(path): is not empty (\(names.prefix(3).joined(separator: ", "))); choose a new folder, or empty this one"
            )
        }
        return folder
    }

    private init(empty path: String, lock: Int32) {
        (self.path, self.lock, extras, isFinished) = (path, lock, [], false)
    }

    /// Where a file is written until it is whole.
    func temporary(_ name: String) -> String { path + "/" + Self.inProgress + name }

    /// Refuses to start a job whose results would not fit.
    ///
    /// - Throws: ``JobError`` with code 73.
    func requireSpace(bytes: Int) throws {
        guard let free = FolderCheck(path: path).room else { return }
        guard free >= bytes else {
            throw JobError(
                .outputRefused,
                "\(path): has \(megabytes(free)) free and the results need \(megabytes(bytes)); make room or choose another folder"
            )
        }
    }

    /// Gives the finished files their names, but for the last, which ``finish()`` gives its own. Old results are unmarked
    /// first, so that `Results.json` never stands beside files of another run.
    ///
    /// - Throws: ``JobError`` with code 73 when something of somebody else's has come in the way, or 74.
    func publish() throws {
        for name in extras + Self.names { try Self.own(name).requireReplaceable(path + "/" + name) }
        let early = extras + Self.names.dropLast()
        for name in early { try synchronise(temporary(name)) }
        let marker = path + "/Results.json"
        guard unlink(marker) == 0 || errno == ENOENT else { throw systemFailure("\(marker): cannot be replaced") }
        removeOldExtras()
        for name in early { try giveName(name) }
        try synchronise(path)
    }

    /// Marks the run as finished.
    ///
    /// - Throws: ``JobError`` with code 74.
    func finish() throws {
        try synchronise(temporary("Results.json"))
        let sealed = Self.sealedJournal(path)
        rename(journal.path, sealed.path)
        try giveName("Results.json")
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
        for name in extras + Self.names { unlink(temporary(name)) }
    }

    /// Lets other jobs have the folder.
    func release() { Self.release(path, lock) }

    private static func release(_ path: String, _ lock: Int32) {
        unlink(path + "/" + lockName)
        close(lock)
    }

    /// Writes a small file under its temporary name.
    ///
    /// - Throws: ``JobError`` with code 74.
    func write(_ bytes: some Collection<UInt8>, to name: String) throws {
        try writeFile(Array(bytes), temporary(name))
    }

    /// Removes files of runs before that this one does not write.
    private func removeOldExtras() {
        for name in FolderListing.names(of: path) ?? [] {
            let isUnfinished = name.hasPrefix(Self.inProgress)
            let final = isUnfinished ? String(name.dropFirst(Self.inProgress.count)) : name
            guard Self.isExtra(final), !extras.contains(final) else { continue }
            // What was not finished may have no mark yet; nobody else has such names.
            if isUnfinished || Self.own(final).stands(at: path + "/" + final) { unlink(path + "/" + name) }
        }
    }

    /// Whether some runs write a file of that name beside their results.
    private static func isExtra(_ name: String) -> Bool {
        name == "predictions.csv" || name.hasSuffix(".json") && Int(name.dropLast(5)).map { "\($0).json" } == name
    }

    /// Makes a folder and those above it, where they are missing.
    ///
    /// - Throws: ``JobError`` with code 73 or 74.
    static func make(_ path: String) throws {
        var folder = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            let above = folder.isEmpty ? "." : folder
            folder += part
            if mkdir(folder, 0o777) == 0 {
                // Its name is stored with the folder above.
                try? synchronise(above)
            } else if errno != EEXIST {
                throw JobError(
                    .outputRefused,
                    "\(path): cannot be created: \(String(cString: strerror(errno))); choose another folder")
            }
            folder += "/"
        }
        guard isFolder(path) else {
            throw JobError(.outputRefused, "\(path): is not a folder; choose another one")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Takes the lock: a file that is locked by the system and lost with the process, however it ends.
    private static func lock(_ path: String) throws -> Int32 {
        let file = path + "/" + lockName
        while true {
            let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw JobError(
                    .outputRefused,
                    "\(path): cannot be written: \(String(cString: strerror(errno))); choose another folder")
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK else {
                    // Some network file systems have no locks; most jobs are alone all the same.
                    warn(
                        "\(path): cannot be locked (\(String(cString: strerror(errno)))): do not start another job with this output"
                    )
                    return descriptor
                }
                close(descriptor)
                throw JobError(
                    .outputRefused, "\(path): another photoz job is writing here; wait for it or choose another folder")
            }
            // The job before may have removed the file between the opening and the locking.
            var (opened, current) = (stat(), stat())
            if fstat(descriptor, &opened) == 0, stat(file, &current) == 0, opened.st_ino == current.st_ino {
                return descriptor
            }
            close(descriptor)
        }
    }
}

/// Bytes as people read them.
func megabytes(_ bytes: Int) -> String {
    bytes < 1_000_000 ? "\((bytes + 999) / 1000) kB" : "\((bytes + 999_999) / 1_000_000) MB"
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
