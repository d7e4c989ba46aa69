import Glibc

/// A process that has started this one, itself or through others, as the system's files describe it.
struct Ancestor {
    let id: pid_t
    /// Its program's name, of which the system keeps 15 bytes.
    let name: Substring
    let parent: pid_t
    /// When it began, in the system's ticks: another process may get its number when it has ended.
    let start: Substring

    /// - Returns: Nil where there is no such process, or none that this one may see.
    init?(_ id: pid_t) {
        // Number, name in parentheses, state, parent, and 17 others before the start.
        guard let line = Host.lines(of: "/proc/\(id)/stat").first, let open = line.firstIndex(of: "("),
            let close = line.lastIndex(of: ")"), open < close
        else { return nil }
        let fields = line[close...].split(separator: " ")
        // One that has ended and that nobody has asked about is still listed.
        guard fields.count > 20, fields[1] != "Z", fields[1] != "X", let parent = pid_t(fields[2]) else { return nil }
        (self.id, self.parent, start) = (id, parent, fields[20])
        name = line[line.index(after: open)..<close]
    }

    /// Whether it has ended for certain: no file could be opened either where this process has too many.
    var hasEnded: Bool {
        if let now = Ancestor(id) { return now.start != start }
        // One that has ended and that nobody has asked about yet is still there, but no `Ancestor`.
        return kill(id, 0) != 0 && errno == ESRCH || Host.lines(of: "/proc/\(id)/stat").first.map(Self.isOver) == true
    }

    private static func isOver(_ line: Substring) -> Bool {
        guard let close = line.lastIndex(of: ")") else { return false }
        return ["Z", "X"].contains(line[close...].dropFirst().drop { $0 == " " }.prefix(1))
    }

    /// The parent of this process, its parent, and so on, as far as they can be seen.
    static var all: some Sequence<Ancestor> {
        sequence(state: getppid()) { id in
            guard id > 0, let ancestor = Ancestor(id) else { return nil }
            id = ancestor.parent
            return ancestor
        }
    }
}
