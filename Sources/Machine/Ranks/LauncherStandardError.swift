import Glibc

/// The standard error of Open MPI 5's launcher, which no longer passes on what ranks write when it has asked them to
/// stop: the line by which a run is resumed would be lost.
package enum LauncherStandardError {
    /// Writes a line there.
    ///
    /// - Returns: False where the launcher passes lines on itself, is on another host, or its standard error cannot be
    ///   written to from elsewhere.
    package static func write(line: String) -> Bool {
        guard let launcher = LauncherWatch.launcher, launcher.name.hasPrefix("prterun"), isShareable(launcher.id) else {
            return false
        }
        let descriptor = open("/proc/\(launcher.id)/fd/2", O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return Array((line + "\n").utf8).withUnsafeBytes { tryToWriteAll($0, to: descriptor) }
    }

    /// Whether what another process writes there stays: a terminal, a pipe, or a file to whose end the launcher writes
    /// as well. In another file it would write over it.
    private static func isShareable(_ launcher: pid_t) -> Bool {
        var facts = stat()
        guard stat("/proc/\(launcher)/fd/2", &facts) == 0 else { return false }
        guard facts.st_mode & S_IFMT == S_IFREG else { return true }
        let flags = Host.lines(of: "/proc/\(launcher)/fdinfo/2").first { $0.hasPrefix("flags:") }
        let bits = flags.flatMap { Int32($0.dropFirst(6).drop { $0 == "\t" || $0 == " " }, radix: 8) }
        return (bits ?? 0) & O_APPEND != 0
    }
}
