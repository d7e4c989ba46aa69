import FoundationEssentials
import Glibc
import Records

/// The folder that receives the results of one job: locked while the job lives, each file written under a temporary name
/// and renamed when it is whole.
final class OutputFolder {
    /// The finished files, in the order of their renaming: the last one marks a finished run.
    static let names = ["predictions.h5", "combined_data.json", "Results.json"]
    static let lockName = ".photoz.lock"
    static let inProgress = "inprogress_"

    let path: String
    private let lock: Int32
    /// Files that only some runs write: those of single ranks, and the predictions as text.
    private var extras: [String] = []

    /// Makes the folder when it is missing and locks it.
    ///
    /// - Throws: ``JobError`` with code 73 when it cannot be made or written, when another job has it, or when it holds
    ///   results and they are not to be overwritten.
    init(_ path: String, overwrite: Bool, resume: Bool = false) throws {
        try Self.make(path)
        lock = try Self.lock(path)
        self.path = path
        let finished = Self.names.filter { access(path + "/" + $0, F_OK) == 0 }
        if let folder = finished.first(where: { Self.isFolder(path + "/" + $0) }) {
            release()
            throw JobError(
                .outputRefused, "\(path)/\(folder): is a folder where a result goes; remove it or choose another output"
            )
        }
        do { try admit(finished, overwrite: overwrite, resume: resume) } catch {
            release()
            throw error
        }
    }

    /// Looks at what runs before have left.
    private func admit(_ finished: [String], overwrite: Bool, resume: Bool) throws {
        let isFinished = Self.isFinished(path)
        // A run that was ended while it gave its results their names goes on; one that had come to the last has finished.
        if isFinished { remove(sealedJournal) } else { rename(sealedJournal, journal) }
        if overwrite || !Journal.holdsFindings(journal) {
            remove(journal)
        } else if !resume {
            throw JobError(
                .outputRefused,
                "\(path): holds a half-finished run; add --resume to go on with it, or --overwrite to start anew")
        }
        if !overwrite, !finished.isEmpty, access(journal, F_OK) != 0 {
            throw JobError(
                .outputRefused,
                "\(path): already holds \(finished.joined(separator: ", ")); choose another folder, or give --overwrite to replace them"
            )
        }
    }

    /// Whether a folder holds the results of a run that came to its end, and none that was to replace them.
    static func isFinished(_ path: String) -> Bool {
        access(path + "/Results.json", F_OK) == 0 && !Journal.holdsFindings(path + "/" + Journal.folder)
    }

    /// Removes what a run that was killed in its last moment has left beside its results, unless another job is at work.
    static func tidy(_ path: String) {
        guard isFinished(path), let lock = try? lock(path) else { return }
        for name in [Journal.folder, Journal.sealedFolder] {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
        unlink(path + "/" + lockName)
        close(lock)
    }

    private var journal: String { path + "/" + Journal.folder }

    /// The journal's name while results get theirs: it is then no longer that of a half-finished run.
    private var sealedJournal: String { path + "/" + Journal.sealedFolder }

    private func remove(_ folder: String) { try? FileManager.default.removeItem(atPath: folder) }

    /// Makes room for the journals of the ranks.
    ///
    /// - Throws: ``JobError`` with code 73.
    func makeJournal() throws { try Self.make(journal) }

    /// A folder of one's own, locked: partitions of two data sets in one folder would look like one.
    ///
    /// - Throws: ``JobError`` with code 73 when it cannot be made, or holds anything.
    static func empty(_ path: String) throws -> OutputFolder {
        let folder = try OutputFolder(path, overwrite: false)
        let all = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
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

    /// Refuses the folder of the partitions: the next run would take the results for one of them.
    ///
    /// - Throws: ``JobError`` with code 73.
    func requireOther(than data: String) throws {
        var (own, other) = (stat(), stat())
        guard stat(path, &own) == 0, stat(data, &other) == 0, own.st_ino == other.st_ino, own.st_dev == other.st_dev
        else { return }
        throw JobError(.outputRefused, "\(path): is the folder of the partitions; choose another one for the results")
    }

    /// Where a file is written until it is whole.
    func temporary(_ name: String) -> String { path + "/" + Self.inProgress + name }

    /// The same for a file that only some runs write.
    func temporary(forExtra name: String) -> String {
        extras.append(name)
        return temporary(name)
    }

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

    /// Gives the finished files their names. Old results are unmarked first, so that `Results.json` never stands beside
    /// files of another run.
    ///
    /// - Throws: ``JobError`` with code 74.
    func publish() throws {
        for name in extras + Self.names { try synchronise(temporary(name)) }
        let marker = path + "/Results.json"
        guard unlink(marker) == 0 || errno == ENOENT else { throw systemFailure("\(marker): cannot be replaced") }
        removeOldExtras()
        for name in extras + Self.names {
            if name == "Results.json" { rename(journal, sealedJournal) }
            guard rename(temporary(name), path + "/" + name) == 0 else {
                throw systemFailure("\(path)/\(name): cannot be written")
            }
        }
        try synchronise(path)
        remove(sealedJournal)
    }

    /// Removes what is not finished, but for what can be resumed.
    func discard() {
        rmdir(journal)
        for name in extras + Self.names { unlink(temporary(name)) }
    }

    /// Lets other jobs have the folder.
    func release() {
        unlink(path + "/" + Self.lockName)
        close(lock)
    }

    /// Writes a small file under its temporary name.
    ///
    /// - Throws: ``JobError`` with code 74.
    func write(_ bytes: some Collection<UInt8>, to name: String) throws {
        try writeFile(Array(bytes), temporary(name))
    }

    /// Writes a rank's file, `0.json` and on, under its temporary name.
    ///
    /// - Throws: ``JobError`` with code 74.
    func write(_ bytes: some Collection<UInt8>, toFileOf rank: Int) throws {
        extras.append("\(rank).json")
        try write(bytes, to: "\(rank).json")
    }

    /// Files of the run before that this one may not write.
    private func removeOldExtras() {
        unlink(path + "/predictions.csv")
        var rank = 0
        while unlink("\(path)/\(rank).json") == 0 { rank += 1 }
    }

    /// Makes a folder and those above it, where they are missing.
    ///
    /// - Throws: ``JobError`` with code 73.
    static func make(_ path: String) throws {
        var folder = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            folder += part
            if mkdir(folder, 0o777) != 0, errno != EEXIST {
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
