import Glibc

/// Which other files the objects of a file may lead to: by external links, as sources of a virtual data set, as files
/// of raw numbers.
///
/// A file from elsewhere may name any file of this machine. What it leads to is read only below the folder that the
/// user named, or below the one where the file really lies; symbolic links are followed before that is judged.
public enum LinkPolicy: Sendable, Equatable {
    /// Files below a folder, or below the folder of the file itself.
    case within(folder: String)
    /// Any file.
    case anywhere
}

/// What all files that one leads to have in common with it.
final class LinkedFiles {
    /// Real paths of the folders that may be read from; nil for all.
    private let folders: [String]?
    /// Real paths of the files that were found, but for the first one.
    private(set) var paths: Set<String> = []
    /// How deep virtual data sets are made of virtual ones at the moment.
    var depth = 0
    static let deepest = 16

    /// For a file that the user named.
    init(from path: String, _ policy: LinkPolicy) {
        guard case .within(let folder) = policy else {
            folders = nil
            return
        }
        let own = SystemFile.realPath(path).map(SystemFile.folder)
        folders = [SystemFile.realPath(folder), own].compactMap { $0 }
    }

    /// Takes note of a file that is to be read.
    ///
    /// - Parameter path: A file that exists.
    /// - Returns: Why it must not be read; nil when it may be.
    func refusal(of path: String) -> String? {
        guard SystemFile.isRegular(path) else { return "\(path), which is not a file" }
        guard let real = SystemFile.realPath(path) else { return "\(path), which cannot be found" }
        if let folders, !folders.contains(where: { real.hasPrefix($0 == "/" ? "/" : $0 + "/") }) {
            return "\(real), outside of the folder \(folders.first ?? ""); --follow-links allows that"
        }
        paths.insert(real)
        return nil
    }
}
