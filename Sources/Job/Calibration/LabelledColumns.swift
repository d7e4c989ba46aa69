import AstroMAE
import Collectives
import PhotozDigest
import PhotozDistributions
import PhotozMachine
import Survey

/// The labelled galaxies of a rank, in data-set order: what is known of those that a calibration can use, and how many
/// it cannot.
struct LabelledColumns {
    /// Magnitudes of a galaxy.
    let bands: Int
    private(set) var counts = CalibrationSummary.Counts()
    /// Photometric and spectroscopic redshifts.
    private(set) var predicted: [Float] = []
    private(set) var spectroscopic: [Float] = []
    /// [galaxies, bands], mag.
    private(set) var magnitudes: [Float] = []
    /// Rows that could not be read.
    private(set) var skipped: [SkippedRows] = []

    /// What is beyond it is no redshift, whatever the network makes of a galaxy.
    private static let largest: Float = 1000

    init(bands: Int) { self.bands = bands }

    /// Adds galaxies that the network has seen.
    ///
    /// - Parameters:
    ///   - findings: What it made of them.
    ///   - batch: What was read of them.
    mutating func add(_ findings: BatchFindings, _ batch: BatchReader.Batch) {
        counts.galaxies += findings.predictions.count
        skipped += batch.skipped.map(\.rows)
        for (galaxy, prediction) in findings.predictions.enumerated() {
            let own = batch.buffers.magnitudes[galaxy * bands..<(galaxy + 1) * bands]
            let redshift = findings.redshifts[galaxy]
            if findings.flags[galaxy].contains(.skipped) {
                counts.skipped += 1
            } else if !own.allSatisfy(\.isFinite) {
                counts.withoutMagnitude += 1
            } else if !(prediction.magnitude <= Self.largest) {
                counts.withoutPrediction += 1
            } else if !(redshift > -1 && redshift <= Self.largest) {
                counts.withoutRedshift += 1
            } else {
                counts.labelled += 1
                predicted.append(prediction)
                spectroscopic.append(redshift)
                magnitudes += own
            }
        }
    }

    /// All ranks' galaxies on rank 0, those of each behind those of the rank before; nil elsewhere. They
    /// are gone from here, one column after another, so that no more than one is in memory twice. Every rank calls it.
    ///
    /// - Throws: A communication error.
    mutating func gathered(on world: Communicator) throws -> LabelledColumns? {
        func gather(_ column: [Float]) throws -> [Float] {
            try world.gatherVarying(column, root: 0).map { Array($0.joined()) } ?? []
        }
        var all = LabelledColumns(bands: bands)
        let counts = try world.gatherValues(counts)
        all.skipped = try world.gatherValues(skipped).map { $0.flatMap(\.self) } ?? []
        all.predicted = try gather(predicted)
        predicted = []
        all.spectroscopic = try gather(spectroscopic)
        spectroscopic = []
        all.magnitudes = try gather(magnitudes)
        magnitudes = []
        guard let counts else { return nil }
        for own in counts { all.counts.add(own) }
        return all
    }

    /// SHA-256 of the rows of the partitions, and of redshifts and magnitudes of the galaxies: whoever has the same
    /// galaxies in the same order gets the same, whatever the files are called.
    func hash(of partitions: PartitionTable) -> String {
        var hash = SHA256()
        for partition in partitions.indices {
            let rows = Int64(partitions.galaxies(of: partition).count).littleEndian
            withUnsafeBytes(of: rows) { hash.update($0) }
        }
        for column in [spectroscopic, magnitudes] {
            column.withUnsafeBytes { hash.update($0) }
        }
        return hexadecimal(hash.finalize())
    }

    /// How many of the galaxies the network was trained on; nil where its weights do not tell.
    func overlap(with stored: WeightsFile.TrainedSample?) -> CalibrationSummary.TrainedOverlap? {
        guard let stored, let sample = TrainedSample(fingerprints: stored.fingerprints, trained: stored.galaxies)
        else { return nil }
        let share = magnitudes.withUnsafeBufferPointer { magnitudes in
            sample.share(
                of: stride(from: 0, to: magnitudes.count, by: bands).lazy.map {
                    GalaxyFingerprint.of(UnsafeBufferPointer(rebasing: magnitudes[$0..<$0 + bands]))
                })
        }
        return CalibrationSummary.TrainedOverlap(checked: share.checked, found: share.found)
    }
}

extension CalibrationSummary.Counts {
    /// Adds those of another rank.
    fileprivate mutating func add(_ other: Self) {
        galaxies += other.galaxies
        labelled += other.labelled
        withoutMagnitude += other.withoutMagnitude
        withoutPrediction += other.withoutPrediction
        withoutRedshift += other.withoutRedshift
        skipped += other.skipped
    }
}
