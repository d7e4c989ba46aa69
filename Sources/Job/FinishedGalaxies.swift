import FoundationEssentials
import Glibc

/// What the journals of earlier attempts hold.
struct FinishedGalaxies: Codable {
    /// A run of galaxies, and where its columns are.
    struct Record: Codable {
        let galaxies: Range<Int>
        /// Index into the files.
        let file: Int
        /// Where the columns begin.
        let place: Int
    }

    /// Paths of the journals.
    private(set) var files: [String] = []
    /// In the order of galaxies; no two have a galaxy in common.
    private(set) var records: [Record] = []
    /// Attempts so far.
    private(set) var attempts = 0

    /// Nothing is finished.
    init() {}

    /// Reads the journals in a folder of results; records that are torn or damaged end a journal.
    ///
    /// - Parameters:
    ///   - output: The folder of the results.
    ///   - identity: Of this run.
    ///   - columns: Numbers of a galaxy.
    ///   - count: Galaxies of the data set.
    /// - Throws: ``JobError`` with code 73 when a journal belongs to another run.
    init(in output: String, identity: [UInt8], columns: Int, count: Int) throws {
        let folder = output + "/" + Journal.folder
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        for name in names {
            guard let attempt = name.split(separator: "-").first.flatMap({ Int($0) }) else { continue }
            attempts = max(attempts, attempt)
            try read(folder + "/" + name, output: output, identity: identity, columns: columns, count: count)
        }
        removeOverlaps()
    }

    private mutating func read(
        _ path: String, output: String, identity: [UInt8], columns: Int, count: Int
    ) throws {
        guard let data = FileManager.default.contents(atPath: path) else { return }
        let bytes = [UInt8](data)
        let start = Journal.magic.count + Journal.identitySize
        // A process that was killed at once leaves an empty file, or half a head.
        guard bytes.count >= start, bytes.starts(with: Journal.magic) else { return }
        guard bytes[Journal.magic.count..<start].elementsEqual(identity) else {
            throw JobError(
                .outputRefused,
                "\(output): holds a half-finished run with other weights, data, settings or instruction set; start anew with --overwrite, or choose another folder"
            )
        }
        files.append(path)
        bytes.withUnsafeBytes { bytes in
            var place = start
            while place + Journal.recordHead <= bytes.count {
                let first = Int(bytes.loadUnaligned(fromByteOffset: place, as: Int64.self))
                let galaxies = Int(bytes.loadUnaligned(fromByteOffset: place + 8, as: Int32.self))
                let found = Int(bytes.loadUnaligned(fromByteOffset: place + 12, as: Int32.self))
                let checksum = bytes.loadUnaligned(fromByteOffset: place + 16, as: UInt32.self)
                let body = place + Journal.recordHead
                guard found == columns, galaxies > 0, first >= 0, first <= count, galaxies <= count - first,
                    4 * columns * galaxies <= bytes.count - body
                else { return }
                let end = body + 4 * columns * galaxies
                let isWhole =
                    Journal.checksum(
                        UnsafeRawBufferPointer(rebasing: bytes[place..<place + 16]),
                        UnsafeRawBufferPointer(rebasing: bytes[body..<end])) == checksum
                guard isWhole else { return }
                records.append(Record(galaxies: first..<first + galaxies, file: files.count - 1, place: body))
                place = end
            }
        }
    }

    /// Another attempt may have finished galaxies again, whose journal was not read then; the first record stays.
    private mutating func removeOverlaps() {
        records.sort { $0.galaxies.lowerBound < $1.galaxies.lowerBound }
        var end = 0
        records = records.filter { record in
            guard record.galaxies.lowerBound >= end else { return false }
            end = record.galaxies.upperBound
            return true
        }
    }

    /// The galaxies of a share that are left to do, in order.
    func left(of share: Range<Int>) -> [Range<Int>] {
        var (left, next) = ([Range<Int>](), share.lowerBound)
        for record in records where record.galaxies.overlaps(share) {
            if next < record.galaxies.lowerBound { left.append(next..<record.galaxies.lowerBound) }
            next = min(record.galaxies.upperBound, share.upperBound)
        }
        if next < share.upperBound { left.append(next..<share.upperBound) }
        return left
    }

    /// Gives `body` the columns of each finished run of galaxies within a share.
    ///
    /// - Throws: ``JobError`` with code 74 when a journal cannot be read again.
    func forEach(
        in share: Range<Int>, columns: Int, _ body: (_ galaxies: Range<Int>, _ columns: [ArraySlice<Float>]) -> Void
    ) throws {
        var open: (file: Int, descriptor: Int32)?
        defer { if let open { close(open.descriptor) } }
        for record in records where record.galaxies.overlaps(share) {
            if open?.file != record.file {
                if let open { close(open.descriptor) }
                open = (record.file, Glibc.open(files[record.file], O_RDONLY | O_CLOEXEC))
            }
            let count = record.galaxies.count
            var numbers = [Float](repeating: 0, count: columns * count)
            let size = 4 * numbers.count
            guard let open, pread(open.descriptor, &numbers, size, record.place) == size else {
                throw systemFailure("\(files[record.file]): cannot be read")
            }
            let part = record.galaxies.clamped(to: share)
            let places = part.lowerBound - record.galaxies.lowerBound..<part.upperBound - record.galaxies.lowerBound
            body(part, (0..<columns).map { numbers[$0 * count + places.lowerBound..<$0 * count + places.upperBound] })
        }
    }
}
