/// The message that a receive was begun for, and what is wrong with another one in its place.
struct ExpectedMessage {
    let source: Int
    let tag: Int
    let byteCount: Int

    /// Requires that a part is as long as it must be; MPI itself refuses a longer one.
    func requirePart(_ part: Int, of length: Int) throws(CollectiveError) {
        let first = part * Parts.largest
        if length < min(byteCount - first, Parts.largest) { throw wrongLength("\(first + length)") }
    }

    /// The error for a part that MPI found longer than the room for it.
    ///
    /// - Parameter length: Of the part, where it is longer than the room; otherwise it is not known.
    func tooLong(_ part: Int, _ length: Int, _ kind: CollectiveError.Kind) -> CollectiveError {
        let first = part * Parts.largest
        guard length > byteCount - first else {
            return wrongLength("more than \(byteCount)", kind)
        }
        // Another part may follow one that is as long as it can be.
        return wrongLength((length < Parts.largest ? "" : "at least ") + "\(first + length)", kind)
    }

    func wrongLength(_ length: String, _ kind: CollectiveError.Kind = .misuse) -> CollectiveError {
        CollectiveError(
            kind, routine: "MPI_Irecv",
            reason: "rank \(source) sent \(length) bytes with tag \(tag) instead of \(byteCount)")
    }
}
