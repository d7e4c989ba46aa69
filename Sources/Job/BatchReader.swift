import Dispatch
import Survey
import Synchronization

/// Reads a rank's batches one ahead of the computation, on a thread of its own: the only one that reads partitions.
final class BatchReader {
    /// A batch in memory.
    struct Batch {
        /// Galaxies of the data set.
        let galaxies: Range<Int>
        /// Room for more galaxies than there are: the first `galaxies.count` are read.
        let buffers: GalaxyBuffers
        /// How many of them lack something.
        let missing: MissingValues
    }

    private let ring: Ring

    /// Starts reading.
    init(_ batches: [Shard], of dataSet: DataSet, schema: PartitionSchema) {
        ring = Ring(batches, dataSet: dataSet, schema: schema)
        let ring = ring
        DispatchQueue(label: "photoz.reader").async { ring.fill() }
    }

    /// Calls `body` with each batch in order.
    ///
    /// - Throws: What reading a batch or `body` throws.
    func forEach(_ body: (Batch) throws -> Void) throws {
        defer { ring.stop() }
        for index in ring.batches.indices {
            ring.filled.wait()
            let slot = ring.slots[index % Ring.depth]
            if let failure = slot.failure { throw failure }
            let galaxies = ring.batches[index].galaxies
            try body(
                Batch(
                    galaxies: galaxies, buffers: slot.buffers(galaxies.count, schema: ring.schema),
                    missing: slot.missing))
            ring.free.signal()
        }
    }
}

/// Two batches of memory that reader and computation pass to each other. The semaphores order all access: a slot belongs
/// to the reader from `free` to `filled`, and to the computation from there to `free`.
private final class Ring: @unchecked Sendable {
    static let depth = 2

    let batches: [Shard]
    let schema: PartitionSchema
    let slots: [Slot]
    let free = DispatchSemaphore(value: 0)
    let filled = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)
    private let dataSet: DataSet
    private let isStopped = Atomic(false)

    init(_ batches: [Shard], dataSet: DataSet, schema: PartitionSchema) {
        self.batches = batches
        self.dataSet = dataSet
        self.schema = schema
        let largest = batches.map(\.galaxies.count).max() ?? 0
        slots = (0..<Self.depth).map { _ in Slot(galaxies: largest, schema: schema) }
        // Signalled rather than created with this value: a semaphore must not end with less than it began with.
        for _ in slots { free.signal() }
    }

    /// The reader's work: each batch into the next free slot, until one fails.
    func fill() {
        defer { done.signal() }
        var open: (index: Int, file: PartitionFile)?
        for (index, batch) in batches.enumerated() {
            free.wait()
            guard !isStopped.load(ordering: .acquiring) else { return }
            let slot = slots[index % Self.depth]
            do { try read(batch, into: slot, open: &open) } catch { slot.failure = error }
            filled.signal()
            guard slot.failure == nil else { return }
        }
    }

    /// Ends the reader and waits for it, so that the partitions are closed and the library is free for another thread.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        free.signal()
        done.wait()
    }

    private func read(_ batch: Shard, into slot: Slot, open: inout (index: Int, file: PartitionFile)?) throws {
        var first = 0
        slot.missing = MissingValues()
        for piece in batch.pieces {
            if open?.index != piece.partition {
                open = nil
                let file = try PartitionFile(dataSet.path(of: piece.partition), schema: schema)
                let expected = dataSet.partitions[piece.partition].rows
                guard file.rows == expected else {
                    throw PartitionError(
                        file: file.path,
                        faults: ["holds \(file.rows) galaxies and held \(expected) when the job started"])
                }
                open = (piece.partition, file)
            }
            let rows = first..<first + piece.rows.count
            if let file = open?.file {
                slot.missing += try file.read(rows: piece.rows, into: slot.buffers(rows, schema: schema))
            }
            first = rows.upperBound
        }
    }
}

/// Memory of one batch.
private final class Slot {
    private let all: GalaxyBuffers
    var failure: (any Error)?
    var missing = MissingValues()

    init(galaxies: Int, schema: PartitionSchema) {
        func room(_ count: Int) -> UnsafeMutableBufferPointer<Float> { .allocate(capacity: max(count, 1)) }
        all = GalaxyBuffers(
            images: room(galaxies * schema.bands * schema.imageSize * schema.imageSize),
            magnitudes: room(galaxies * schema.bands), redshifts: room(galaxies))
    }

    func buffers(_ rows: Range<Int>, schema: PartitionSchema) -> GalaxyBuffers { all.slice(rows, schema: schema) }

    func buffers(_ count: Int, schema: PartitionSchema) -> GalaxyBuffers { buffers(0..<count, schema: schema) }

    deinit {
        all.images.deallocate()
        all.magnitudes.deallocate()
        all.redshifts.deallocate()
    }
}
