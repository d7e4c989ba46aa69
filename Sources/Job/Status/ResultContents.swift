import Glibc
import PhotozMachine
import PhotozRecords

/// What stands in a folder of results, looked at without changing anything: by `photoz run` before it begins, and by
/// `photoz status`.
package struct ResultContents {
    /// What has become of the run whose folder it is.
    package enum State: Equatable {
        /// There is no such folder.
        case absent
        /// Nothing stands under a name that a run needs.
        case empty
        /// Something of somebody else's stands under a name that a run needs.
        case foreign(JobError)
        /// A run has begun and has stored no findings yet.
        case begun
        /// A run has stored findings and has not come to its end.
        case half
        /// The same, but a run of another version, in a format that this one cannot read.
        case otherFormat
        /// A run was ended while it gave its results their names: `--resume` goes on with it.
        case sealed
        /// A run has come to its end.
        case finished
        /// Some results without the one that marks a finished run, and nothing that could be gone on with.
        case partial
    }

    /// The state.
    package let state: State
    /// The results that stand under their final names, also when they are of a run before the one of ``state``.
    package let results: [String]

    /// Looks at a folder.
    ///
    /// - Parameter path: The folder.
    package init(of path: String) {
        let (journal, sealed) = (JournalFolder.current(in: path), JournalFolder.sealed(in: path))
        let results = ResultFolder.names.filter { access(path + "/" + $0, F_OK) == 0 }
        self.results = results
        state = Self.state(path, journal, sealed, results)
    }

    /// What stands there after a second look that has found something of somebody else's.
    init(foreign fault: JobError, beside contents: ResultContents) {
        state = .foreign(fault)
        results = contents.results
    }

    private static func state(
        _ path: String, _ journal: JournalFolder, _ sealed: JournalFolder, _ results: [String]
    ) -> State {
        guard isFolder(path) else { return .absent }
        let states = (journal: journal.state, sealed: sealed.state)
        if case .foreign = states.journal { return .foreign(journal.foreign) }
        if case .foreign = states.sealed { return .foreign(sealed.foreign) }
        if let name = results.first(where: { isFolder(path + "/" + $0) }) {
            let fault = "\(path)/\(name): is a folder where a result goes; remove it or choose another output"
            return .foreign(JobError(.outputRefused, fault))
        }
        switch states.journal {
        case .holdsFindings: return .half
        case .otherFormat: return .otherFormat
        case .missing, .begun, .foreign: break
        }
        // What the marker of a finished run stands beside is only left to be removed.
        if states.sealed.isHalfFinished, !results.contains(ResultFolder.mark) { return .sealed }
        if states.journal.isHalfFinished { return .begun }
        if results.contains(ResultFolder.mark) { return .finished }
        return results.isEmpty ? .empty : .partial
    }
}
