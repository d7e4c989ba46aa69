import Glibc

/// Whether a rank's standard error ends at a terminal although its launcher has put a pipe between: the launcher reads
/// the pipe and writes to its own standard error, which the system shows to processes of the same user and host.
enum LauncherTerminal {
    /// Whether it does; false whenever something cannot be seen.
    static var isBehindStandardError: Bool {
        guard Launcher.isPresent, let pipe = target(of: "/proc/self/fd/2"), pipe.hasPrefix("pipe:") else {
            return false
        }
        var isRead = false
        // A shell, `env` or `numactl` may stand between a rank and its launcher.
        for ancestor in Ancestor.all {
            guard isOwn(ancestor.id) else { return false }
            isRead = isRead || LauncherPrograms.isLauncher(ancestor.name) && holds(ancestor.id, pipe)
            if isRead, LauncherPrograms.isFirst(ancestor.name) {
                return !marksLines(ancestor.id) && isTerminal("/proc/\(ancestor.id)/fd/2")
            }
        }
        return false
    }

    private static func isOwn(_ process: pid_t) -> Bool {
        var facts = stat()
        return stat("/proc/\(process)", &facts) == 0 && facts.st_uid == geteuid()
    }

    /// Whether a process has the pipe open.
    private static func holds(_ process: pid_t, _ pipe: String) -> Bool {
        guard let folder = opendir("/proc/\(process)/fd") else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let number = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if target(of: "/proc/\(process)/fd/\(number)") == pipe { return true }
        }
        return false
    }

    private static func marksLines(_ launcher: pid_t) -> Bool {
        LauncherMarks.areSet(
            by: words(of: "/proc/\(launcher)/cmdline"), before: Array(words(of: "/proc/self/cmdline").dropFirst()),
            environment: words(of: "/proc/\(launcher)/environ"))
    }

    /// Words that end with a zero each; those that are empty are left out.
    private static func words(of path: String) -> [Substring] {
        Host.lines(of: path).joined(separator: "\n").split(separator: "\0")
    }

    /// Whether a link of the system's leads to a terminal.
    private static func isTerminal(_ path: String) -> Bool {
        var facts = stat()
        // Only what is a device is opened: the end of somebody's pipe would be kept from closing.
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFCHR else { return false }
        let descriptor = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return isatty(descriptor) == 1
    }

    private static func target(of link: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = bytes.withUnsafeMutableBytes { readlink(link, $0.baseAddress!, $0.count) }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}
