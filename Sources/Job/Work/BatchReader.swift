import Dispatch
import Survey
import Synchronization

/// Reads a rank's batches one ahead of the computation, on a thread of its own: the only one that reads partitions.
final class BatchReader {
    /// A piece of a batch in memory.
    struct Batch {
        /// Galaxies of the data set.
        let galaxies: Range<Int>
        /// Room for more galaxies than there are: the first `galaxies.count` are read.
        let buffers: GalaxyBuffers
        /// Those that could not be read; their numbers are 0.
        let skipped: [Skipped]
        /// As the partitions have them, where the data set has any.
        let identifiers: GalaxyIdentifiers
    }

    /// Rows that were left out, and which galaxies they are.
    struct Skipped {
        let galaxies: Range<Int>
        let rows: SkippedRows
    }

    private let ring: Ring

    /// Starts reading.
    init(_ work: Work, of dataSet: DataSet, schema: PartitionSchema, onError policy: ErrorPolicy) {
        ring = Ring(work, reader: PieceReader(dataSet: dataSet, schema: schema, policy: policy), schema: schema)
        let ring = ring
        DispatchQueue(label: "photoz.reader").async { ring.fill() }
    }

    /// Calls `body` with each batch in order.
    ///
    /// - Throws: What reading a batch or `body` throws.
    func forEach(_ body: (Batch) throws -> Void) throws {
        defer { ring.stop() }
        for index in 0... {
            ring.filled.wait()
            let slot = ring.slots[index % Ring.depth]
            if let failure = slot.failure { throw failure }
            guard let galaxies = slot.galaxies else { return }
            try body(
                Batch(
                    galaxies: galaxies, buffers: slot.all.slice(0..<galaxies.count, schema: ring.schema),
                    skipped: slot.skipped, identifiers: slot.identifiers))
            ring.free.signal()
        }
    }
}

/// Two batches of memory that reader and computation pass to each other. The semaphores order all access: a slot
/// belongs to the reader from `free` to `filled`, and to the computation from there to `free`.
private final class Ring: @unchecked Sendable {
    static let depth = 2

    let schema: PartitionSchema
    let slots: [Slot]
    let free = DispatchSemaphore(value: 0)
    let filled = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)
    private let work: Work
    private let reader: PieceReader
    private let isStopped = Atomic(false)

    init(_ work: Work, reader: PieceReader, schema: PartitionSchema) {
        self.work = work
        self.reader = reader
        self.schema = schema
        slots = (0..<Self.depth).map { _ in
            Slot(galaxies: work.largestPiece, schema: schema, identifiers: reader.identifiers)
        }
        // Signalled rather than created with this value: a semaphore must not end with less than it began with.
        for _ in slots { free.signal() }
    }

    /// The reader's work: each piece into the next free slot, until there is none left or one fails.
    func fill() {
        defer { done.signal() }
        for index in 0... {
            free.wait()
            guard !isStopped.load(ordering: .acquiring) else { return }
            let slot = slots[index % Self.depth]
            do {
                let piece = try work.next()
                slot.galaxies = piece?.galaxies
                if let piece { try reader.read(piece, into: slot) }
            } catch { slot.failure = error }
            filled.signal()
            guard slot.failure == nil, slot.galaxies != nil else { return }
        }
    }

    /// Ends the reader and waits for it, so that the partitions are closed and the library is free for another thread.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        free.signal()
        done.wait()
    }
}

/// Memory of one batch.
private final class Slot {
    let all: GalaxyBuffers
    /// What it holds; nil behind the last one.
    var galaxies: Range<Int>?
    var failure: (any Error)?
    var skipped: [BatchReader.Skipped] = []
    var identifiers: GalaxyIdentifiers

    init(galaxies: Int, schema: PartitionSchema, identifiers: PartitionFile.Identifiers) {
        self.identifiers = GalaxyIdentifiers(identifiers)
        func room<T>(_ count: Int) -> UnsafeMutableBufferPointer<T> { .allocate(capacity: max(count, 1)) }
        all = GalaxyBuffers(
            images: room(galaxies * schema.bands * schema.imageSize * schema.imageSize),
            magnitudes: room(galaxies * schema.bands), redshifts: room(galaxies), flags: room(galaxies))
    }

    deinit {
        all.images.deallocate()
        all.magnitudes.deallocate()
        all.redshifts.deallocate()
        all.flags?.deallocate()
    }
}

/// Reads pieces of partitions, and keeps the last partition open.
private final class PieceReader {
    private let dataSet: DataSet
    private let schema: PartitionSchema
    private let policy: ErrorPolicy
    private var open: (index: Int, file: PartitionFile)?

    /// What identifiers the galaxies have.
    var identifiers: PartitionFile.Identifiers { dataSet.identifiers }

    init(dataSet: DataSet, schema: PartitionSchema, policy: ErrorPolicy) {
        self.dataSet = dataSet
        self.schema = schema
        self.policy = policy
    }

    func read(_ piece: Shard, into slot: Slot) throws {
        slot.skipped = []
        slot.identifiers = GalaxyIdentifiers(dataSet.identifiers)
        var first = 0
        for part in piece.pieces {
            let places = first..<first + part.rows.count
            let buffers = slot.all.slice(places, schema: schema)
            do {
                try read(part, into: buffers)
                try addIdentifiers(of: part, to: slot)
            } catch {
                guard policy == .skip else { throw error }
                readOneByOne(part, galaxies: piece.galaxies.lowerBound + first, buffers, slot)
            }
            first = places.upperBound
        }
    }

    private func read(_ part: Shard.Piece, into buffers: GalaxyBuffers) throws {
        if open?.index != part.partition {
            open = nil
            open = (part.partition, try dataSet.openAsBefore(part.partition, schema: schema))
        }
        try open?.file.read(rows: part.rows, into: buffers)
    }

    /// From the file that the galaxies were read from.
    private func addIdentifiers(of part: Shard.Piece, to slot: Slot) throws {
        guard let open, open.index == part.partition else { return slot.identifiers.appendUnknown(part.rows.count) }
        try slot.identifiers.append(part.rows, of: open.file)
    }

    /// Finds out which of the rows cannot be read, and leaves those out.
    private func readOneByOne(_ part: Shard.Piece, galaxies first: Int, _ buffers: GalaxyBuffers, _ slot: Slot) {
        for (index, row) in part.rows.enumerated() {
            let one = buffers.slice(index..<index + 1, schema: schema)
            let place = Shard.Piece(partition: part.partition, rows: row..<row + 1)
            var fault: (any Error)?
            one.flags?[0] = []
            do { try read(place, into: one) } catch { fault = error }
            // A row without an image may still have its name.
            do { try addIdentifiers(of: place, to: slot) } catch {
                slot.identifiers.appendUnknown(1)
                fault = fault ?? error
            }
            guard let fault else { continue }
            one.images.update(repeating: 0)
            one.magnitudes.update(repeating: 0)
            one.redshifts.update(repeating: .nan)
            // What else is known of it is that its image is at fault, if it is.
            one.flags?[0].formIntersection(.imageAtFault)
            one.flags?[0].insert(.skipped)
            let name = dataSet.partitions[part.partition].name
            slot.skipped.append(
                BatchReader.Skipped(
                    galaxies: first + index..<first + index + 1,
                    rows: SkippedRows(file: name, rows: row..<row + 1, error: fault)))
        }
    }
}
