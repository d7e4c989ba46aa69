import CHDF5
import Glibc

/// The open file that objects belong to: they keep it open.
struct OpenFile {
    let path: String
    let handle: Handle
    /// The files that it leads to, and which it may lead to.
    let linked: LinkedFiles

    func error(
        _ kind: HDF5Error.Kind, _ object: String, _ reason: String, frames: [HDF5Error.Frame] = []
    ) -> HDF5Error {
        HDF5Error(kind, file: path, object: object, reason, frames: frames)
    }

    /// Bytes of the file.
    var size: Int {
        var bytes: hsize_t = 0
        return H5Fget_filesize(handle.id, &bytes) >= 0 ? Int(clamping: bytes) : 0
    }

    /// Whether an attribute of so many bytes may come out of the file. A damaged file may claim any size, and memory
    /// for it must not be asked for; attributes are not compressed.
    func canHold(_ count: Int, ofBytes size: Int) -> Bool {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        return !overflow && (bytes <= 1 << 24 || bytes <= self.size)
    }

    /// Opens another file that an object of this one leads to.
    ///
    /// - Parameters:
    ///   - name: The other file, as this one names it.
    ///   - object: What leads there, for messages.
    ///   - prefix: The environment variable that the library looks at for such names.
    /// - Throws: ``HDF5Error`` when it is missing, lies outside of what may be read, or cannot be opened.
    func open(_ name: String, for object: String, prefix: String) throws(HDF5Error) -> File {
        let path = try find(name, for: object, prefix: prefix)
        do throws(HDF5Error) { return try File.open(path, linked: linked) } catch {
            throw self.error(error.kind, object, "leads to \(path), which \(error.reason)", frames: error.frames)
        }
    }

    /// The first of the files that the library would take for a name. It must be one that may be read: the library
    /// would go on with the next one, or read made-up values.
    private func find(_ name: String, for object: String, prefix: String) throws(HDF5Error) -> String {
        guard let found = places(of: name, prefix: prefix).first(where: SystemFile.exists) else {
            throw error(.missingObject, object, "leads to \(name), which is not there")
        }
        if let refusal = linked.refusal(of: found) { throw error(.refused, object, "leads to \(refusal)") }
        return found
    }

    /// Where the library looks for a file that this one names, in its order.
    private func places(of name: String, prefix: String) -> [String] {
        let isAbsolute = name.hasPrefix("/")
        let last = isAbsolute ? name.split(separator: "/").last.map(String.init) ?? "" : name
        let own = SystemFile.folder(path)
        let folders = Self.folders(inVariable: prefix, origin: own) + [own, ""]
        // A file that is a symbolic link is also looked for where it really lies.
        let real = SystemFile.realPath(path).map(SystemFile.folder)
        return (isAbsolute ? [name] : []) + (folders + [real].compactMap { $0 }).map { SystemFile.join($0, last) }
    }

    /// The folders that an environment variable lists.
    static func folders(inVariable name: String, origin: String) -> [String] {
        guard let value = getenv(name) else { return [] }
        return String(cString: value).split(separator: ":").map { folder in
            folder.hasPrefix("${ORIGIN}") ? (origin.isEmpty ? "." : origin) + folder.dropFirst(9) : String(folder)
        }
    }
}
