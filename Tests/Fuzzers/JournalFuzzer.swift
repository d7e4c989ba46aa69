import FuzzerSupport
import PhotozRecords

/// The input is what stands in a journal behind its beginning: as it is, between records, and as the numbers of records
/// with the right checksums, which must all be found again.
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
        // Nor does what stands before them hide them, unless it makes up a record that they are a part of.
        let behind = expectWithin(beginning + bytes + journal, columns)
        precondition(behind.suffix(heads.count) == heads[...] || bytes.count > Journal.Head.size)
    }
    return 0
}

private let total = 100_000

/// The records found lie behind one another in the bytes, and their galaxies in the data set.
@discardableResult
private func expectWithin(_ bytes: [UInt8], _ columns: Int) -> [Journal.Head] {
    var scanner = JournalScanner(columns: columns, total: total) { place, room in
        let part = bytes.dropFirst(place).prefix(room.count)
        room.copyBytes(from: part)
        return part.count
    }
    var (heads, place) = ([Journal.Head](), Journal.start)
    while let record = try! scanner.next() {
        precondition(record.place >= place && record.head.columns == columns)
        precondition(record.head.first >= 0 && record.head.galaxies.upperBound <= total && record.head.count > 0)
        place = record.place + record.head.recordSize
        precondition(place <= bytes.count)
        let whole = bytes[record.place..<place]
        let numbers = whole.withUnsafeBytes { Journal.columns(of: $0, head: record.head) }
        precondition(numbers?.count == columns)
        heads.append(record.head)
    }
    return heads
}

/// Records of a few galaxies, made of the input: two bytes for the first galaxy, one for their number, the rest for the
/// columns.
private func journal(_ bytes: [UInt8], _ columns: Int) -> (bytes: [UInt8], heads: [Journal.Head]) {
    var (journal, heads) = ([UInt8](), [Journal.Head]())
    var rest = bytes[...]
    while rest.count > 3, heads.count < 8 {
        let numbers = Array(rest.prefix(3))
        rest = rest.dropFirst(3)
        let (first, count) = (Int(numbers[0]) << 8 | Int(numbers[1]), 1 + Int(numbers[2]) % 5)
        var body = Array(rest.prefix(4 * columns * count))
        rest = rest.dropFirst(body.count)
        body += [UInt8](repeating: 0, count: 4 * columns * count - body.count)
        let head = body.withUnsafeBytes { Journal.Head(galaxies: first..<first + count, columns: columns, body: $0) }
        journal += head.bytes + body
        heads.append(head)
    }
    return (journal, heads)
}
