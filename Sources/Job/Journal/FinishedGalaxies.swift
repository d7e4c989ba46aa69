import Collectives
import PhotozMachine
import PhotozRecords
import Survey

/// What the journals of earlier attempts hold: known on every rank, while the findings stay in the files until their
/// rank reads them.
struct FinishedGalaxies {
    private let folder: String
    private let files: [JournalFile]
    private let finished: FinishedSpans
    private let columns: FoundColumns
    /// Galaxies of the data set.
    private let total: Int
    /// Attempts so far.
    let attempts: Int
    /// What the partitions were in those; on rank 0.
    let stamps: PartitionStamps?

    /// Galaxies that are finished, of all ranks.
    var count: Int { finished.count }

    /// Reads the journals in a folder of results, each rank some of them. What is torn or damaged is passed over. Every
    /// rank calls it.
    ///
    /// - Parameters:
    ///   - output: The folder of the results.
    ///   - plan: Of this run.
    ///   - columns: What is found of a galaxy.
    ///   - world: All ranks.
    /// - Throws: ``JobError`` with code 73 when a journal belongs to another run, `RecordError` when one cannot be
    ///   read.
    init(in output: String, _ plan: RunPlan, columns: FoundColumns, world: Communicator) throws {
        let dataSet = plan.dataSet
        folder = output + "/" + Journal.folder
        self.columns = columns
        total = dataSet.rows
        files = try world.broadcast(world.rank == 0 ? JournalFile.all(in: folder) : nil, root: 0)
        attempts = files.last?.attempt ?? 0
        var mine: [JournalSpan] = []
        for file in stride(from: world.rank, to: files.count, by: world.size) {
            do {
                mine += try files[file].scan(
                    in: folder, index: file, identity: plan.identity, columns: BatchFindings.columnCount(columns),
                    total: total)
            } catch let error as ForeignJournal {
                throw JobError.cannotResume(output, error)
            }
        }
        var (spans, stamps): ([JournalSpan]?, PartitionStamps?)
        if let all = try world.gatherVarying(mine, root: 0) {
            let noted = PartitionStamps(dataSet, in: folder, attempts: attempts)
            spans = FinishedSpans(Self.unchanged(all.flatMap(\.self), of: files, noted)).spans
            noted.tellChanges()
            stamps = noted
        }
        finished = FinishedSpans(sorted: try world.broadcast(spans, root: 0))
        self.stamps = stamps
    }

    /// What of the spans lies in partitions that are as they were in the attempt that found it.
    private static func unchanged(
        _ spans: [JournalSpan], of files: [JournalFile], _ stamps: PartitionStamps
    ) -> [JournalSpan] {
        // A few attempts, and perhaps a thousand files of each.
        let attempts = Set(files.map(\.attempt))
        let current = Dictionary(uniqueKeysWithValues: attempts.map { ($0, stamps.unchanged(since: $0)) })
        return spans.flatMap { $0.parts(in: current[files[$0.file].attempt] ?? []) }
    }

    // MARK: Using

    /// The galaxies of a share that are left to do, in order.
    func left(of share: Range<Int>) -> [Range<Int>] { finished.left(of: share) }

    /// Gives `body` the findings about the finished galaxies of a share, in order, in pieces as they were journaled.
    ///
    /// - Throws: ``JobError`` with code 74 when a journal cannot be read again.
    func forEach(in share: Range<Int>, _ body: (BatchFindings) -> Void) throws {
        var open: (index: Int, file: RegularFile)?
        for span in finished.overlapping(share) {
            if open?.index != span.file {
                let path = files[span.file].path(in: folder)
                guard let file = try RegularFile(path) else { throw Self.changed(path) }
                open = (span.file, file)
            }
            guard let file = open?.file else { continue }
            body(try findings(of: span, in: file).part(span.galaxies.clamped(to: share)))
        }
    }

    /// What stands in the record of a span, of all its galaxies.
    private func findings(of span: JournalSpan, in file: RegularFile) throws -> BatchFindings {
        let start = try file.bytes(at: span.place, count: Journal.Head.size)
        let count = BatchFindings.columnCount(columns)
        guard let head = start.withUnsafeBytes({ Journal.Head($0, columns: count, total: total) }),
            head.galaxies.clamped(to: span.galaxies) == span.galaxies
        else { throw Self.changed(file.path) }
        let record = try file.bytes(at: span.place, count: head.recordSize)
        guard let numbers = record.withUnsafeBytes({ Journal.columns(of: $0, head: head) }) else {
            throw Self.changed(file.path)
        }
        return BatchFindings(galaxies: head.galaxies, columns: numbers, columns)
    }

    private static func changed(_ path: String) -> JobError {
        JobError(.inputOutput, "\(path): was changed while it was read; start the job again")
    }
}

extension JobError {
    /// A journal that cannot be gone on with.
    fileprivate static func cannotResume(_ output: String, _ error: ForeignJournal) -> JobError {
        switch error {
        case .ofAnotherRun: another(run: "a half-finished", in: output)
        case .ofAnotherFormat: otherFormat(in: output)
        }
    }

    /// A folder holds a half-finished run whose journal this version cannot read.
    static func otherFormat(in folder: String) -> JobError {
        JobError(
            .outputRefused,
            "\(folder): holds a half-finished run of another version of photoz, whose journal this one cannot read; go on with that version, start anew with --overwrite, or choose another folder"
        )
    }
}
