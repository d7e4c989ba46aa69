import Glibc

/// Settings of Open MPI (its MCA parameters) that this library would like, and that are left alone where somebody has
/// made them: in the environment, which mpirun's `--mca` sets too, or in a file of the user or the site.
enum Settings {
    /// Makes a setting in the environment, where nobody else has.
    ///
    /// - Parameter packaged: What a file says when nobody has chosen it: it came with the package.
    static func suggest(_ name: String, _ value: String, insteadOf packaged: String? = nil) {
        let chosen = files.lazy.compactMap { Self.value(of: name, in: $0) }.first
        guard chosen == nil || chosen == packaged else { return }
        setenv("OMPI_MCA_" + name, value, 0)
    }

    /// Whether an interface that leads to other hosts has an IPv4 address.
    static var hasIPv4: Bool {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0, let first = list else { return false }
        defer { freeifaddrs(first) }
        return sequence(first: first, next: { $0.pointee.ifa_next }).contains {
            $0.pointee.ifa_addr?.pointee.sa_family == sa_family_t(AF_INET)
                && $0.pointee.ifa_flags & UInt32(IFF_LOOPBACK) == 0
        }
    }

    /// Open MPI's files of settings, the first of which to name one decides.
    private static var files: [String] {
        for name in ["OMPI_MCA_mca_base_param_files", "OMPI_MCA_mca_param_files"] {
            if let list = getenv(name) {
                return String(cString: list).split { $0 == ":" || $0 == "," }.map(String.init)
            }
        }
        let home = getenv("HOME").map { [String(cString: $0) + "/.openmpi/mca-params.conf"] } ?? []
        return home + folders.map { $0 + "/openmpi-mca-params.conf" }
    }

    /// Where the site's file may be: Open MPI is built with one of them and does not tell before it is started.
    private static var folders: [String] {
        if let folder = getenv("OPAL_SYSCONFDIR") { return [String(cString: folder)] }
        if let prefix = getenv("OPAL_PREFIX") { return [String(cString: prefix) + "/etc"] }
        var (folders, folder) = (["/etc/openmpi"], libraryFolder)
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            folders.insert(folder + "/etc", at: folders.count - 1)
        }
        return folders
    }

    /// The folder of the library that this process runs with; empty when it cannot be told.
    private static var libraryFolder: String {
        for line in text(of: "/proc/self/maps").split(whereSeparator: \.isNewline) where line.contains("/libmpi.so") {
            guard let start = line.firstIndex(of: "/"), let end = line.lastIndex(of: "/") else { continue }
            return String(line[start..<end])
        }
        return ""
    }

    /// What a file says of a setting; nil when it says nothing, or is none.
    static func value(of name: String, in file: String) -> String? {
        var value: String?
        for line in text(of: file).split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
            if parts.count == 2, parts[0] == name { value = parts[1] }
        }
        return value
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\"" }
        let rest = text.drop(while: isBlank)
        return String(rest.prefix(rest.count - rest.reversed().prefix(while: isBlank).count))
    }

    private static func text(of file: String) -> String {
        guard let stream = fopen(file, "re") else { return "" }
        defer { fclose(stream) }
        var (bytes, block) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 14))
        while case let count = fread(&block, 1, block.count, stream), count > 0 { bytes += block[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
