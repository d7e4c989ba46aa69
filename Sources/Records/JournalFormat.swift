/// What of a run is finished, so that another can go on: findings about neighbouring galaxies, appended to one file of
/// each node by all of its ranks, each record with checksums.
///
/// The file: the bytes `photozJ3` and the run's 32-byte identity; then records, in the order in which the ranks wrote
/// them. A record: the marker, first galaxy (Int64), galaxies, columns (Int32), the checksum of the columns (CRC-32,
/// UInt32), that of all before it (CRC-32, UInt32), and the columns (Float32), all in this machine's order of bytes.
///
/// A record may be torn, by a process that was killed or a disk that was full, and whole ones of other ranks stand
/// behind it: the marker is what they are found by.
package enum Journal {
    /// What the journals of all versions begin with.
    package static let family = Array("photozJ".utf8)
    /// What a journal begins with.
    package static let magic = family + Array("3".utf8)
    /// Bytes of a run's identity, which stands behind it.
    package static let identitySize = 32
    /// Where the first record begins.
    package static let start = magic.count + identitySize
    /// What a record begins with: bytes that are no text, and that no four of which are a redshift or a magnitude.
    package static let marker: [UInt8] = [0xF7, 0x9C, 0x0D, 0x0A, 0xFB, 0x8E, 0x1A, 0xFD]
    /// Bytes of columns that no record exceeds: what a reader must be able to hold.
    package static let largestBody = 1 << 20

    /// Galaxies of the largest record.
    ///
    /// - Parameter columns: Numbers of a galaxy.
    package static func largestCount(columns: Int) -> Int { largestBody / (4 * columns) }

    /// The numbers that a record begins with.
    package struct Head: Equatable {
        /// Bytes of a head.
        package static let size = 32
        /// Bytes that its own checksum covers, and where that stands.
        private static let checkedSize = 28

        /// The first galaxy.
        package let first: Int
        /// Galaxies.
        package let count: Int
        /// Numbers of a galaxy.
        package let columns: Int
        /// CRC-32 of the columns.
        package let checksum: UInt32

        /// The galaxies' places in the data set.
        package var galaxies: Range<Int> { first..<first + count }
        /// Bytes of the columns.
        package var bodySize: Int { 4 * columns * count }
        /// Bytes of the whole record.
        package var recordSize: Int { Self.size + bodySize }

        /// The head of what is found out about some galaxies.
        ///
        /// - Parameters:
        ///   - galaxies: Their places.
        ///   - columns: Numbers of a galaxy.
        ///   - body: The bytes of the columns.
        package init(galaxies: Range<Int>, columns: Int, body: UnsafeRawBufferPointer) {
            first = galaxies.lowerBound
            count = galaxies.count
            self.columns = columns
            checksum = PhotozRecords.checksum(body)
        }

        /// Reads a head; nil when the bytes are none, or are not as they were written.
        ///
        /// - Parameters:
        ///   - bytes: Those at the head's place, as many as there are.
        ///   - columns: Numbers of a galaxy; nil for any.
        ///   - total: Galaxies of the data set.
        package init?(_ bytes: UnsafeRawBufferPointer, columns: Int?, total: Int) {
            guard bytes.count >= Self.size, bytes.starts(with: Journal.marker),
                PhotozRecords.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<Self.checkedSize]))
                    == bytes.loadUnaligned(fromByteOffset: Self.checkedSize, as: UInt32.self)
            else { return nil }
            func number(_ place: Int) -> Int { Int(bytes.loadUnaligned(fromByteOffset: place, as: Int32.self)) }
            first = Int(bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
            (count, self.columns) = (number(16), number(20))
            checksum = bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
            guard self.columns == columns ?? self.columns, self.columns > 0, count > 0, first >= 0, first <= total,
                count <= total - first, self.columns <= Journal.largestBody, count <= Journal.largestBody,
                bodySize <= Journal.largestBody
            else { return nil }
        }

        /// The bytes of the head.
        package var bytes: [UInt8] {
            var bytes = Journal.marker
            withUnsafeBytes(of: Int64(first)) { bytes += $0 }
            for number in [count, columns] {
                withUnsafeBytes(of: Int32(truncatingIfNeeded: number)) { bytes += $0 }
            }
            withUnsafeBytes(of: checksum) { bytes += $0 }
            let own = bytes.withUnsafeBytes { PhotozRecords.checksum($0) }
            withUnsafeBytes(of: own) { bytes += $0 }
            return bytes
        }

        /// Whether the columns are as they were written.
        package func isHead(of body: UnsafeRawBufferPointer) -> Bool {
            body.count == bodySize && PhotozRecords.checksum(body) == checksum
        }
    }

    /// Records to be appended in one piece.
    package struct Batch {
        /// All records, one behind another.
        package private(set) var bytes: [UInt8] = []
        /// Where each ends.
        package private(set) var ends: [Int] = []

        package init() {}

        /// Adds what is found out about neighbouring galaxies, in as many records as it takes.
        ///
        /// - Parameters:
        ///   - galaxies: Their places in the data set.
        ///   - columns: The numbers, a column behind another.
        package mutating func add(_ galaxies: Range<Int>, columns: [[Float]]) {
            let most = Journal.largestCount(columns: columns.count)
            for first in stride(from: galaxies.lowerBound, to: galaxies.upperBound, by: most) {
                let part = first..<min(first + most, galaxies.upperBound)
                let places = part.lowerBound - galaxies.lowerBound..<part.upperBound - galaxies.lowerBound
                let body = columns.flatMap { $0[places] }
                body.withUnsafeBytes { body in
                    bytes += Head(galaxies: part, columns: columns.count, body: body).bytes
                    bytes += body
                }
                ends.append(bytes.count)
            }
        }
    }

    /// The columns of a record that was found before.
    ///
    /// - Parameters:
    ///   - record: The bytes that stand there now.
    ///   - head: What they begin with.
    /// - Returns: nil when they are not as they were written.
    package static func columns(of record: UnsafeRawBufferPointer, head: Head) -> [[Float]]? {
        let body = UnsafeRawBufferPointer(rebasing: record.dropFirst(Head.size))
        guard head.isHead(of: body) else { return nil }
        return (0..<head.columns).map { column in
            [Float](unsafeUninitializedCapacity: head.count) { numbers, count in
                let start = 4 * column * head.count
                UnsafeMutableRawBufferPointer(numbers).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: body[start..<start + 4 * head.count]))
                count = head.count
            }
        }
    }

    /// Whose journal a file is.
    package enum Origin {
        /// Nothing that could be a journal; also one that is torn before its identity ends.
        case unknown
        case same
        case other
        /// A journal of another version of the format.
        case otherFormat
    }

    /// Whose journal begins with the bytes.
    package static func origin(_ bytes: UnsafeRawBufferPointer, identity: [UInt8]) -> Origin {
        // A process that was killed at once leaves an empty file, or half a head.
        guard bytes.count > family.count, bytes.starts(with: family) else { return .unknown }
        guard bytes.starts(with: magic) else { return .otherFormat }
        guard bytes.count >= start else { return .unknown }
        return bytes[magic.count..<start].elementsEqual(identity) ? .same : .other
    }
}
