import FoundationEssentials
import Glibc
import HDF5

/// Which files are partitions.
extension DataSet {
    /// The folder, and the names of the partitions in it; an empty one where files are named.
    ///
    /// - Throws: ``Failure`` when a path leads nowhere or a folder holds none.
    public static func list(_ paths: [String]) throws -> (folder: String, names: [String]) {
        var isFolder = false
        for path in paths {
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw Failure.unreadable(path: path, reason: "there is no such file or folder")
            }
            guard !isFolder || paths.count == 1 else {
                throw Failure.unreadable(path: path, reason: "is a folder; give one folder, or files only")
            }
        }
        guard isFolder, let folder = paths.first else { return ("", paths) }
        return (folder, try names(in: folder))
    }

    /// The partitions of a folder by their names, in data-set order.
    ///
    /// - Throws: ``Failure`` when the folder cannot be listed or holds none.
    public static func names(in folder: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder) else {
            throw Failure.unreadable(path: folder, reason: "there is no such folder")
        }
        guard let entries = FolderListing.names(of: folder) else {
            throw Failure.unreadable(path: folder, reason: "cannot be listed; check its permissions")
        }
        // As MultimodalUniverse keeps its surveys: a folder for each part of the sky.
        let parts = entries.filter { $0.hasPrefix("healpix=") }
        let inParts = parts.flatMap { part in
            (FolderListing.names(of: join(folder, part)) ?? [])
                .filter { isPartition($0, in: join(folder, part)) }.map { part + "/" + $0 }
        }
        let names = entries.filter { isPartition($0, in: folder) } + inParts
        guard !names.isEmpty else { throw Failure.empty(path: folder) }
        return NaturalOrder.sorted(names)
    }

    /// Whether an entry of a folder is a partition: by its ending, or by one that HDF5 files have elsewhere, in letters
    /// of either case, when it begins as they do.
    private static func isPartition(_ name: String, in folder: String) -> Bool {
        // What is hidden, and what a job that was killed left unfinished.
        guard !name.hasPrefix("."), !name.hasPrefix("inprogress_") else { return false }
        if name.hasSuffix(".h5") || name.hasSuffix(".hdf5") { return true }
        let ending = name.lowercased()
        guard [".h5", ".hdf5", ".hdf", ".he5"].contains(where: { ending.hasSuffix($0) }) else { return false }
        var status = stat()
        // The library would wait for the writer of a pipe.
        return stat(join(folder, name), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && File.isHDF5(join(folder, name))
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }
}
