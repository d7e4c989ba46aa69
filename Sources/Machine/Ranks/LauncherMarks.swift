/// Whether a launcher marks each line that ranks write, or writes it elsewhere: a bar has no place there.
package enum LauncherMarks {
    /// Options of `mpirun` and `mpiexec` for it, of Open MPI 4 and 5 and of MPICH.
    private static let options: Set<Substring> = [
        "tag-output", "timestamp-output", "xml", "output-filename", "output", "prepend-rank", "prepend-pattern", "l",
        "outfile-pattern", "errfile-pattern", "xterm",
    ]
    /// Parameters of Open MPI for it, behind `orte_` or `prte_`.
    private static let parameters: Set<Substring> = [
        "tag_output", "timestamp_output", "xml_output", "output_filename", "output", "xterm",
    ]
    /// Options that are followed by a parameter and its value.
    private static let setters: Set<Substring> = ["mca", "gmca", "omca", "gomca", "prtemca", "gprtemca"]

    /// - Parameters:
    ///   - launcher: The words of the launcher's command line, with its name.
    ///   - arguments: This program's words without its name: where they stand, the launcher's own have ended.
    ///   - environment: The launcher's variables, such as `HOME=/home/u`.
    package static func areSet(
        by launcher: [Substring], before arguments: [Substring], environment: [Substring]
    ) -> Bool {
        let words = launcher.dropFirst()
        // The word before them is this program, or a shell's name for it. A script may have changed them: then all
        // words are looked at.
        let end = words.indices.first { words[($0 + 1)...].starts(with: arguments) } ?? words.endIndex
        let own = words[..<end]
        return own.indices.contains { place in
            guard let option = name(ofOption: own[place]) else { return false }
            if setters.contains(option) {
                return place + 2 < own.endIndex && isMark(own[place + 1], own[place + 2])
            }
            return options.contains(option)
        } || environment.contains(where: isMark)
    }

    /// The option without dashes, and without what stands behind "="; nil for another word.
    private static func name(ofOption word: Substring) -> Substring? {
        word.hasPrefix("-") ? word.drop { $0 == "-" }.prefix { $0 != "=" } : nil
    }

    private static func isMark(_ variable: Substring) -> Bool {
        for prefix in ["OMPI_MCA_", "PRTE_MCA_"] where variable.hasPrefix(prefix) {
            let setting = variable.dropFirst(prefix.count)
            return isMark(setting.prefix { $0 != "=" }, setting.drop { $0 != "=" }.dropFirst())
        }
        return false
    }

    private static func isMark(_ parameter: Substring, _ value: Substring) -> Bool {
        for prefix in ["orte_", "prte_"] where parameter.hasPrefix(prefix) {
            let isOff = ["", "0", "false", "no", "off"].contains(value.lowercased())
            return parameters.contains(parameter.dropFirst(prefix.count)) && !isOff
        }
        return false
    }
}
