import Collectives

/// What imports have left out or taken for granted, each said once however many files it is said of.
struct ImportNotes {
    private var found: [(note: String, file: String, count: Int)] = []

    /// Adds what is to be said of a file.
    mutating func add(_ notes: [String], of file: String, count: Int = 1) {
        for note in notes {
            if let index = found.firstIndex(where: { $0.note == note }) {
                found[index].count += count
            } else if found.count < 100 {
                found.append((note, file, count))
            }
        }
    }

    /// Brings the notes of all ranks to rank 0; every rank calls it.
    mutating func gather(_ world: Communicator) throws {
        let mine = found.map { "\($0.count)\u{0}\($0.file)\u{0}\($0.note)" }.joined(separator: "\u{1}")
        guard let all = try world.gatherVarying(Array(mine.utf8), root: 0) else { return }
        for bytes in all.dropFirst() {
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\u{1}") {
                let parts = line.split(separator: "\u{0}", maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3, let count = Int(parts[0]) else { continue }
                add([String(parts[2])], of: String(parts[1]), count: count)
            }
        }
    }

    /// Lines for people, with the first file that each is said of where there are several.
    func lines(files: Int) -> [String] {
        found.map { note in
            guard files > 1 else { return "  " + note.note }
            return "  \(note.file)\(note.count > 1 ? " and \(note.count - 1) more" : ""): \(note.note)"
        }
    }
}
