import Collectives
import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozRecords
import Survey

/// What the journals of earlier attempts hold: known on every rank, while the findings stay in the files until their rank
/// reads them.
struct FinishedGalaxies {
    /// Neighbouring galaxies in records behind one another.
    struct Span: BitwiseCopyable {
        var first: Int
        var end: Int
        /// Index into the files.
        let file: Int
        /// Where the first record begins.
        let place: Int

        var galaxies: Range<Int> { first..<end }

        /// What of it lies in a range; nil when nothing does.
        func part(_ range: Range<Int>) -> Span? {
            let common = galaxies.clamped(to: range)
            return common.isEmpty
                ? nil : Span(first: common.lowerBound, end: common.upperBound, file: file, place: place)
        }
    }

    private let files: [JournalFile]
    /// In the order of galaxies; no two have a galaxy in common.
    private let spans: [Span]
    private let columns: Int
    /// Galaxies of the data set.
    private let total: Int
    /// Attempts so far.
    let attempts: Int

    /// Reads the journals in a folder of results, each rank some of them. What is torn or damaged ends a journal. Every rank
    /// calls it.
    ///
    /// - Parameters:
    ///   - output: The folder of the results.
    ///   - plan: Of this run.
    ///   - columns: Numbers of a galaxy.
    ///   - world: All ranks.
    /// - Throws: ``JobError`` with code 73 when a journal belongs to another run.
    init(in output: String, _ plan: RunPlan, columns: Int, world: Communicator) throws {
        self.columns = columns
        total = plan.dataSet.rows
        files = try world.broadcastValue(world.rank == 0 ? Self.journals(in: output) : nil)
        attempts = files.map(\.attempt).max() ?? 0
        var mine: [Span] = []
        for file in stride(from: world.rank, to: files.count, by: world.size) {
            mine += try Self.scan(
                files[file].path, file, output, identity: plan.identity, columns: columns, total: total)
        }
        let all = try world.gatherVarying(mine, root: 0)
        var spans: [Span]?
        if let all {
            let stamps = PartitionStamps(plan.dataSet, in: output)
            let current = files.map { stamps.unchanged(since: $0.attempt) }
            spans = Self.withoutOverlaps(
                all.flatMap(\.self).flatMap { span in current[span.file].compactMap { span.part($0) } })
            stamps.tellChanges()
        }
        self.spans = try world.broadcast(spans, root: 0)
    }

    private static func journals(in output: String) -> [JournalFile] {
        let folder = output + "/" + Journal.folder
        let names = FolderListing.names(of: folder) ?? []
        return names.sorted().compactMap { JournalFile(folder: folder, name: $0) }
    }

    // MARK: Looking

    private static func scan(
        _ path: String, _ file: Int, _ output: String, identity: [UInt8], columns: Int, total: Int
    ) throws -> [Span] {
        guard let data = try contents(ofFile: path, limit: Journal.largestFile) else { return [] }
        var spans: [Span] = []
        try data.withUnsafeBytes { bytes in
            switch Journal.origin(bytes, identity: identity) {
            case .unknown: return
            case .other:
                throw JobError.another(run: "a half-finished", in: output)
            case .same: break
            }
            for (head, place) in Journal.records(bytes, columns: columns, total: total) {
                if let last = spans.last, last.end == head.first {
                    spans[spans.count - 1].end = head.galaxies.upperBound
                } else {
                    spans.append(Span(first: head.first, end: head.galaxies.upperBound, file: file, place: place))
                }
            }
        }
        return spans
    }

    /// Two attempts may have finished the same galaxies, when the second could not read the first's journal.
    static func withoutOverlaps(_ spans: [Span]) -> [Span] {
        var end = 0
        return spans.sorted { ($0.first, $0.file) < ($1.first, $1.file) }.compactMap { span in
            var rest = span
            rest.first = max(span.first, end)
            end = max(end, span.end)
            return rest.first < rest.end ? rest : nil
        }
    }

    // MARK: Using

    /// The galaxies of a share that are left to do, in order.
    func left(of share: Range<Int>) -> [Range<Int>] {
        var (left, next) = ([Range<Int>](), share.lowerBound)
        for span in spans where span.galaxies.overlaps(share) {
            if next < span.first { left.append(next..<span.first) }
            next = min(span.end, share.upperBound)
        }
        if next < share.upperBound { left.append(next..<share.upperBound) }
        return left
    }

    /// Gives `body` the findings about each finished run of galaxies within a share, in pieces as they were journaled.
    ///
    /// - Throws: ``JobError`` with code 74 when a journal cannot be read again.
    func forEach(in share: Range<Int>, _ body: (BatchFindings) -> Void) throws {
        for span in spans where span.galaxies.overlaps(share) {
            let wanted = span.galaxies.clamped(to: share)
            let path = files[span.file].path
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw systemFailure("\(path): cannot be read") }
            defer { close(descriptor) }
            var place = span.place
            while try read(path, descriptor, &place, wanted, body) < wanted.upperBound {}
        }
    }

    /// Reads the record at `place` and moves behind it.
    ///
    /// - Returns: The galaxy behind the record's.
    private func read(
        _ path: String, _ descriptor: Int32, _ place: inout Int, _ wanted: Range<Int>, _ body: (BatchFindings) -> Void
    ) throws -> Int {
        var bytes = [UInt8](repeating: 0, count: Journal.Head.size)
        guard pread(descriptor, &bytes, bytes.count, place) == bytes.count,
            let head = bytes.withUnsafeBytes({ Journal.Head($0, columns: columns, total: total) })
        else { throw JobError(.inputOutput, "\(path): was changed while it was read; start the job again") }
        defer { place += Journal.Head.size + head.bodySize }
        guard head.galaxies.overlaps(wanted) else { return head.galaxies.upperBound }
        var numbers = [Float](repeating: 0, count: columns * head.count)
        guard pread(descriptor, &numbers, head.bodySize, place + Journal.Head.size) == head.bodySize else {
            throw systemFailure("\(path): cannot be read")
        }
        let all = BatchFindings(
            galaxies: head.galaxies,
            columns: (0..<columns).map { Array(numbers[$0 * head.count..<($0 + 1) * head.count]) })
        body(all.part(head.galaxies.clamped(to: wanted)))
        return head.galaxies.upperBound
    }
}
