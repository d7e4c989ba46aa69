import CPhotozZlib

/// What of a run is finished, so that another can go on: findings about runs of neighbouring galaxies, appended to a file of
/// each rank, each with a checksum.
///
/// The file: the bytes `photozJ2` and the run's 32-byte identity; then records. A record: first galaxy (Int64), galaxies,
/// columns (Int32), the checksum (CRC-32 of these numbers and the columns, UInt32), and the columns (Float32), all in this
/// machine's order of bytes.
package enum Journal {
    /// What a journal begins with.
    package static let magic = Array("photozJ2".utf8)
    /// Bytes of a run's identity, which stands behind it.
    package static let identitySize = 32
    /// Where the first record begins.
    package static let start = magic.count + identitySize

    /// The numbers that a record begins with.
    package struct Head: Equatable {
        /// Bytes of a head.
        package static let size = 20
        private static let checkedSize = 16

        /// The first galaxy.
        package let first: Int
        /// Galaxies.
        package let count: Int
        /// Numbers of a galaxy.
        package let columns: Int

        /// The galaxies' places in the data set.
        package var galaxies: Range<Int> { first..<first + count }
        /// Bytes of the columns.
        package var bodySize: Int { 4 * columns * count }

        /// - Parameters: As the properties.
        package init(galaxies: Range<Int>, columns: Int) {
            first = galaxies.lowerBound
            count = galaxies.count
            self.columns = columns
        }

        /// Reads a head; nil when it makes no sense for a data set of `total` galaxies with so many columns.
        package init?(_ bytes: UnsafeRawBufferPointer, columns: Int, total: Int) {
            func number(_ place: Int) -> Int { Int(bytes.loadUnaligned(fromByteOffset: place, as: Int32.self)) }
            first = Int(bytes.loadUnaligned(as: Int64.self))
            count = number(8)
            self.columns = number(12)
            guard self.columns == columns, count > 0, first >= 0, first <= total, count <= total - first
            else { return nil }
        }

        /// The bytes that the checksum covers.
        package var bytes: [UInt8] {
            var bytes: [UInt8] = []
            withUnsafeBytes(of: Int64(first)) { bytes += $0 }
            for number in [count, columns] {
                withUnsafeBytes(of: Int32(truncatingIfNeeded: number)) { bytes += $0 }
            }
            return bytes
        }

        /// The checksum that stands behind the head's numbers.
        package static func checksum(in bytes: UnsafeRawBufferPointer) -> UInt32 {
            bytes.loadUnaligned(fromByteOffset: checkedSize, as: UInt32.self)
        }

        /// CRC-32 of the head's numbers and the columns.
        package func checksum(_ columns: UnsafeRawBufferPointer) -> UInt32 {
            let start = bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
            return UInt32(
                crc32_z(start, columns.bindMemory(to: UInt8.self).baseAddress, columns.count))
        }
    }

    /// Whether a journal, which may be torn, has come as far as its identity, and whose it is.
    package enum Origin {
        /// Nothing that could be a journal.
        case unknown
        case same
        case other
    }

    /// Whose journal the bytes are.
    package static func origin(_ bytes: UnsafeRawBufferPointer, identity: [UInt8]) -> Origin {
        // A process that was killed at once leaves an empty file, or half a head.
        guard bytes.count >= start, bytes.starts(with: magic) else { return .unknown }
        return bytes[magic.count..<start].elementsEqual(identity) ? .same : .other
    }

    /// The whole records of a journal, in order, and where each begins. What is torn or damaged ends it.
    package static func records(
        _ bytes: UnsafeRawBufferPointer, columns: Int, total: Int
    ) -> [(head: Head, place: Int)] {
        var records: [(Head, Int)] = []
        var place = start
        while let head = wholeRecord(bytes, at: place, columns: columns, total: total) {
            records.append((head, place))
            place += Head.size + head.bodySize
        }
        return records
    }

    private static func wholeRecord(
        _ bytes: UnsafeRawBufferPointer, at place: Int, columns: Int, total: Int
    ) -> Head? {
        guard bytes.count - place >= Head.size else { return nil }
        let numbers = UnsafeRawBufferPointer(rebasing: bytes[place..<place + Head.size])
        let body = place + Head.size
        guard let head = Head(numbers, columns: columns, total: total), head.bodySize <= bytes.count - body,
            head.checksum(UnsafeRawBufferPointer(rebasing: bytes[body..<body + head.bodySize]))
                == Head.checksum(in: numbers)
        else { return nil }
        return head
    }
}
