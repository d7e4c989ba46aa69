import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozRecords
import Survey

/// The folder of journals beside the results, and whose it is.
struct JournalFolder {
    /// What stands under its name.
    enum State {
        case missing
        /// A run has begun and found nothing yet.
        case begun
        /// A run has stored findings.
        case holdsFindings
        /// A run of another version has, in a format that this one cannot read.
        case otherFormat
        /// Something of somebody else's.
        case foreign

        /// Whether there is a run that has not come to its end.
        var isHalfFinished: Bool {
            switch self {
            case .begun, .holdsFindings, .otherFormat: true
            case .missing, .foreign: false
            }
        }
    }

    let path: String

    /// Written first of all: what the run is whose journals these are. Named like the stamps: it is none of the
    /// journals.
    private var mark: String { path + "/stamps-run.json" }
    /// What is not there yet, or no longer: it never stands under its name without the mark.
    private var aside: String { OutputPlace.parent(of: path) + "/" + OutputFolder.inProgress + Journal.folder }
    private static let ownMark = OwnFile.json("a mark of photoz run", keys: [], texts: ["format": "photoz.run/"])

    var state: State {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .missing }
        guard status.st_mode & S_IFMT == S_IFDIR, let names = FolderListing.names(of: path)
        else { return .foreign }
        switch Journal.holding(path) {
        case .findings: return .holdsFindings
        case .otherFormat: return .otherFormat
        case .nothing: break
        }
        let isOwn = Self.ownMark.stands(at: mark) || names.contains { Journal.begins(path + "/" + $0) }
        return isOwn ? .begun : .foreign
    }

    /// The run whose journals these are; nil when none says so.
    var identity: RunIdentity? {
        guard let data = FileManager.default.contents(atPath: mark) else { return nil }
        return try? JSONDecoder().decode(RunIdentity.self, from: data)
    }

    /// Makes the folder for a run: from now on it, and no finished run beside it, is what `--resume` goes on with.
    ///
    /// - Throws: ``JobError`` with code 73 or 74.
    func begin(_ identity: RunIdentity) throws {
        let bytes = Array(try json(identity))
        guard case .missing = state else {
            return try writeWhole(mark, replacing: Self.ownMark) { try writeFile(bytes, $0) }
        }
        sweep()
        try OutputFolder.make(aside)
        try writeWhole(aside + "/stamps-run.json") { try writeFile(bytes, $0) }
        try synchronise(aside)
        guard rename(aside, path) == 0 else { throw systemFailure("\(path): cannot be created") }
        try synchronise(OutputPlace.parent(of: path))
    }

    /// Removes what a process that was killed has left aside.
    func sweep() { try? FileManager.default.removeItem(atPath: aside) }

    /// Why a run cannot use the name when it belongs to somebody else.
    var foreign: JobError {
        JobError(
            .outputRefused,
            "\(path): is there already and is no journal of photoz run, which needs that name; choose another output, or remove it"
        )
    }

    // MARK: Current and sealed

    /// That of a run that goes on.
    static func current(in output: String) -> JournalFolder { JournalFolder(path: output + "/" + Journal.folder) }

    /// That of a run whose results get their names: it is then no longer that of a half-finished run.
    static func sealed(in output: String) -> JournalFolder { JournalFolder(path: output + "/" + Journal.sealedFolder) }

    /// Seals this one.
    func seal() -> JournalFolder {
        let sealed = Self.sealed(in: OutputPlace.parent(of: path))
        rename(path, sealed.path)
        return sealed
    }

    /// Makes the sealed one current again; one that has begun since and found nothing makes room for it.
    ///
    /// - Throws: ``JobError`` with code 74.
    static func unseal(in output: String) throws {
        let (journal, sealed) = (current(in: output), sealed(in: output))
        journal.removeUnlessItHoldsFindings()
        guard rename(sealed.path, journal.path) == 0 else { throw systemFailure("\(journal.path): cannot be created") }
    }

    // MARK: Removing

    /// Removes it, if it is this program's.
    func remove() {
        guard state.isHalfFinished else { return }
        sweep()
        if rename(path, aside) == 0 { sweep() }
    }

    /// Removes it unless it holds findings.
    func removeUnlessItHoldsFindings() {
        if case .begun = state { remove() }
    }

    /// Bytes that its files take.
    var byteCount: Int {
        let names = FolderListing.names(of: path) ?? []
        return names.reduce(0) { sum, name in
            var status = stat()
            return stat(path + "/" + name, &status) == 0 ? sum + Int(status.st_size) : sum
        }
    }
}
