import Glibc

/// The entries of a folder.
public enum FolderListing {
    /// Names in no order, without `.` and `..`. Bytes that are not UTF-8 are U+FFFD, so that a file whose name has some
    /// does not keep the others from being found; no file can be opened by such a name.
    ///
    /// - Returns: nil when the folder cannot be listed; `errno` says why.
    public static func names(of folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { return errno == 0 ? names : nil }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// Whether a name that ``names(of:)`` gave stands for one that is not UTF-8.
    static func isLossy(_ name: String, in folder: String) -> Bool {
        name.unicodeScalars.contains("\u{FFFD}") && access(folder + "/" + name, F_OK) != 0
    }
}
