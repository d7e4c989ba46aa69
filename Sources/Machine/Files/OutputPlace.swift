import FoundationEssentials
import Glibc

/// Whether a folder for results may be where it is.
package enum OutputPlace {
    /// Refuses a folder of results in a folder of partitions, or beside partitions that are named one by one: the next
    /// run would take the results for galaxies, and `--overwrite` would destroy its own input. Links are followed.
    ///
    /// - Parameters:
    ///   - output: The folder, which may not be there yet.
    ///   - data: One folder of partitions, or partition files.
    /// - Throws: ``JobError`` with code 73.
    package static func require(_ output: String, outside data: [String]) throws(JobError) {
        let place = resolved(output)
        for path in data {
            var isFolder = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            if isFolder {
                let folder = resolved(path)
                guard place == folder || place.hasPrefix(folder == "/" ? folder : folder + "/") else { continue }
                throw JobError(
                    .outputRefused,
                    "\(output): \(place == folder ? "is" : "is in") the folder of the partitions, \(path); choose another one for the results"
                )
            }
            // Where the file is, and where the link to it is.
            guard [parent(of: resolved(path)), resolved(parent(of: path))].contains(place) else { continue }
            throw JobError(
                .outputRefused,
                "\(output): is the folder of the partitions, \(path) is in it; choose another one for the results")
        }
    }

    /// A path without links; what is not there yet follows behind what is.
    private static func resolved(_ path: String) -> String {
        var (there, rest) = (path.isEmpty ? "." : path, "")
        while true {
            if let real = realpath(there, nil) {
                defer { free(real) }
                let folder = String(cString: real)
                return rest.isEmpty ? folder : (folder == "/" ? "" : folder) + rest
            }
            let name = there.split(separator: "/").last.map(String.init) ?? ""
            guard !name.isEmpty, there != "." else { return path }
            if name != "." { rest = "/" + name + rest }
            there = parent(of: there)
        }
    }

    /// The folder that a path is in.
    package static func parent(of path: String) -> String {
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        return path.hasPrefix("/") ? "/" + folder : folder.isEmpty ? "." : folder
    }
}
