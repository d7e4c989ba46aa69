/// A word as a shell takes it for one.
package func shellQuoted(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy {
        $0.isASCII
            && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./:=,+%@".unicodeScalars.contains($0))
    }
    if plain, !word.isEmpty { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
