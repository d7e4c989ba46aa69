import Glibc
import Survey

/// A folder of one's own for partitions, locked while they are written: those of two data sets in one folder would look
/// like one.
package struct OutputFolder {
    /// What files and folders are called until they are whole.
    package static let inProgress = "inprogress_"

    private let path: String
    private let lock: FolderLock

    /// Makes the folder, or takes an empty one.
    ///
    /// - Throws: ``JobError`` with code 73 when it cannot be made, or holds anything.
    package init(_ path: String) throws {
        try Self.make(path)
        self.path = path
        lock = try FolderLock(of: path)
        let names = (FolderListing.names(of: path) ?? []).filter { $0 != FolderLock.name }.sorted()
        guard names.isEmpty else {
            lock.release()
            throw JobError(
                .outputRefused,
                "\(path): is not empty (\(names.prefix(3).joined(separator: ", "))); choose a new folder, or empty this one"
            )
        }
    }

    /// Refuses to write what would not fit.
    ///
    /// - Throws: ``JobError`` with code 73.
    package func requireSpace(bytes: Int) throws(JobError) {
        try FolderCheck(path: path).requireSpace(bytes: bytes, for: "partitions")
    }

    /// Lets others have the folder.
    package func release() { lock.release() }

    /// Makes a folder and those above it, where they are missing.
    ///
    /// - Throws: ``JobError`` with code 73 or 74.
    package static func make(_ path: String) throws {
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
}

/// Whether a path leads to a folder.
package func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// The folder that a path stands in.
package func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
