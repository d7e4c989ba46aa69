import Glibc

/// Starts one run of a sweep and waits for its end.
package enum SweepRun {
    /// - Parameters:
    ///   - words: The command.
    ///   - log: Receives all that the run prints.
    /// - Throws: ``SweepError`` when the run cannot be started or fails, with what it said.
    package static func start(_ words: [String], log: String) throws(SweepError) {
        // Into the file at once: what a run prints may be any amount.
        let descriptor = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw SweepError(
                .unwritable,
                "\(log): cannot be written: \(String(cString: strerror(errno))); check the free space and the permissions"
            )
        }
        defer { close(descriptor) }
        switch Program.run(words, output: descriptor) {
        case .failure(let error):
            throw SweepError(
                .noLauncher,
                "\(words[0]): cannot be started (\(error)); install Open MPI, or name the launcher with --launcher")
        case .success(0): return
        case .success(let code):
            throw SweepError(
                .failed(code),
                "the run failed with exit code \(code): \(words.joined(separator: " "))\n\(said(log))\nAll that it printed: \(log)"
            )
        }
    }

    /// What a failed run said, from its last words: the launcher's own notices stand around them.
    private static func said(_ log: String) -> String {
        let file = open(log, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let most = 1 << 18
        let end = lseek(file, 0, SEEK_END)
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            count = max(0, pread(file, buffer.baseAddress, most, max(0, end - most)))
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        let start = lines.firstIndex { $0.contains("photoz: error") } ?? max(0, lines.count - 6)
        return lines[start...].prefix(6).joined(separator: "\n")
    }
}
