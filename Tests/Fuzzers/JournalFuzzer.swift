import FuzzerSupport
import PhotozRecords

/// The input is what stands in a journal behind its beginning: as it is, and as numbers of records with the right checksums,
/// which must all be found again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    let bytes = Input(data, size).bytes
    let identity = [UInt8](repeating: 7, count: Journal.identitySize)
    let beginning = Journal.magic + identity
    bytes.withUnsafeBytes { _ = Journal.origin($0, identity: identity) }
    for columns in [4, 6] {
        expectWithin(beginning + bytes, columns)
        let (journal, heads) = journal(bytes, columns)
        // Whatever follows whole records, they are found.
        let found = expectWithin(beginning + journal + bytes, columns)
        precondition(found.starts(with: heads))
    }
    return 0
}

private let total = 100_000

/// The records found lie behind one another in the bytes, and their galaxies in the data set.
@discardableResult
private func expectWithin(_ bytes: [UInt8], _ columns: Int) -> [Journal.Head] {
    let records = bytes.withUnsafeBytes { Journal.records($0, columns: columns, total: total) }
    var place = Journal.start
    for record in records {
        precondition(record.place == place && record.head.columns == columns)
        precondition(record.head.first >= 0 && record.head.galaxies.upperBound <= total && record.head.count > 0)
        place += Journal.Head.size + record.head.bodySize
    }
    precondition(place <= max(bytes.count, Journal.start))
    return records.map(\.head)
}

/// Records of a few galaxies, made of the input: two bytes for the first galaxy, one for their number, the rest for the columns.
private func journal(_ bytes: [UInt8], _ columns: Int) -> (bytes: [UInt8], heads: [Journal.Head]) {
    var (journal, heads) = ([UInt8](), [Journal.Head]())
    var rest = bytes[...]
    while rest.count > 3, heads.count < 8 {
        let numbers = Array(rest.prefix(3))
        rest = rest.dropFirst(3)
        let (first, count) = (Int(numbers[0]) << 8 | Int(numbers[1]), 1 + Int(numbers[2]) % 5)
        let head = Journal.Head(galaxies: first..<first + count, columns: columns)
        var body = Array(rest.prefix(head.bodySize))
        rest = rest.dropFirst(body.count)
        body += [UInt8](repeating: 0, count: head.bodySize - body.count)
        journal += head.bytes
        withUnsafeBytes(of: body.withUnsafeBytes { head.checksum($0) }) { journal += $0 }
        journal += body
        heads.append(head)
    }
    return (journal, heads)
}
