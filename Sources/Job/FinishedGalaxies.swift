import Collectives
import FoundationEssentials
import Glibc
import Records

/// What the journals of earlier attempts hold: known on every rank, while the findings stay in the files until their rank
/// reads them.
struct FinishedGalaxies {
    /// Neighbouring galaxies in records behind one another.
    struct Run: BitwiseCopyable {
        var first: Int
        var end: Int
        /// Index into the files.
        let file: Int
        /// Where the first record begins.
        let place: Int

        var galaxies: Range<Int> { first..<end }

        /// What of it lies in a range; nil when nothing does.
        func part(_ range: Range<Int>) -> Run? {
            let common = galaxies.clamped(to: range)
            return common.isEmpty
                ? nil : Run(first: common.lowerBound, end: common.upperBound, file: file, place: place)
        }
    }

    private let files: [JournalFile]
    /// In the order of galaxies; no two have a galaxy in common.
    private let runs: [Run]
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
        total = plan.rows.reduce(0, +)
        files = try world.share(world.rank == 0 ? Self.journals(in: output) : nil)
        attempts = files.map(\.attempt).max() ?? 0
        var mine: [Run] = []
        for file in stride(from: world.rank, to: files.count, by: world.size) {
            mine += try Self.scan(
                files[file].path, file, output, identity: plan.identity, columns: columns, total: total)
        }
        let all = try world.gatherVarying(mine, root: 0)
        var runs: [Run]?
        if let all {
            let stamps = PartitionStamps(plan.dataSet, in: output)
            let current = files.map { stamps.unchanged(since: $0.attempt) }
            runs = Self.withoutOverlaps(
                all.flatMap(\.self).flatMap { run in current[run.file].compactMap { run.part($0) } })
            stamps.tellChanges()
        }
        self.runs = try world.broadcast(runs, root: 0)
    }

    private static func journals(in output: String) -> [JournalFile] {
        let folder = output + "/" + Journal.folder
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().compactMap { JournalFile(folder: folder, name: $0) }
    }

    // MARK: Looking

    private static func scan(
        _ path: String, _ file: Int, _ output: String, identity: [UInt8], columns: Int, total: Int
    ) throws -> [Run] {
        guard let data = try contents(ofFile: path, limit: Journal.largestFile) else { return [] }
        var runs: [Run] = []
        try data.withUnsafeBytes { bytes in
            switch Journal.origin(bytes, identity: identity) {
            case .unknown: return
            case .other:
                throw JobError.another(run: "a half-finished", in: output)
            case .same: break
            }
            for (head, place) in Journal.records(bytes, columns: columns, total: total) {
                if let last = runs.last, last.end == head.first {
                    runs[runs.count - 1].end = head.galaxies.upperBound
                } else {
                    runs.append(Run(first: head.first, end: head.galaxies.upperBound, file: file, place: place))
                }
            }
        }
        return runs
    }

    /// Two attempts may have finished the same galaxies, when the second could not read the first's journal.
    static func withoutOverlaps(_ runs: [Run]) -> [Run] {
        var end = 0
        return runs.sorted { ($0.first, $0.file) < ($1.first, $1.file) }.compactMap { run in
            var rest = run
            rest.first = max(run.first, end)
            end = max(end, run.end)
            return rest.first < rest.end ? rest : nil
        }
    }

    // MARK: Using

    /// The galaxies of a share that are left to do, in order.
    func left(of share: Range<Int>) -> [Range<Int>] {
        var (left, next) = ([Range<Int>](), share.lowerBound)
        for run in runs where run.galaxies.overlaps(share) {
            if next < run.first { left.append(next..<run.first) }
            next = min(run.end, share.upperBound)
        }
        if next < share.upperBound { left.append(next..<share.upperBound) }
        return left
    }

    /// Gives `body` the findings about each finished run of galaxies within a share, in pieces as they were journaled.
    ///
    /// - Throws: ``JobError`` with code 74 when a journal cannot be read again.
    func forEach(in share: Range<Int>, _ body: (Findings) -> Void) throws {
        for run in runs where run.galaxies.overlaps(share) {
            let wanted = run.galaxies.clamped(to: share)
            let path = files[run.file].path
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw systemFailure("\(path): cannot be read") }
            defer { close(descriptor) }
            var place = run.place
            while try read(path, descriptor, &place, wanted, body) < wanted.upperBound {}
        }
    }

    /// Reads the record at `place` and moves behind it.
    ///
    /// - Returns: The galaxy behind the record's.
    private func read(
        _ path: String, _ descriptor: Int32, _ place: inout Int, _ wanted: Range<Int>, _ body: (Findings) -> Void
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
        let all = Findings(
            galaxies: head.galaxies,
            columns: (0..<columns).map { Array(numbers[$0 * head.count..<($0 + 1) * head.count]) })
        body(all.part(head.galaxies.clamped(to: wanted)))
        return head.galaxies.upperBound
    }
}
