import Foundation
import HDF5
import TestSupport

/// A simulated survey whose labels, magnitudes and order a test changes as it likes.
struct LabelledSurvey {
    /// The folder of its partitions.
    let folder: String
    private let partitions: Int

    /// Simulates galaxies, the same ones for the same seed.
    init(
        _ folder: String, galaxies: Int, partitions: Int = 1, seed: Int = 5
    ) async throws {
        self.folder = folder
        self.partitions = partitions
        let outcome = try await Launch.mpirun(
            ranks: 2, Photoz.path,
            [
                "simulate", "--galaxies", "\(galaxies)", "--partitions", "\(partitions)", "--seed", "\(seed)",
                "--output", folder,
            ], limit: 120)
        guard outcome.exitCode == 0 else { throw Failure(report: outcome.report) }
    }

    /// The simulation failed.
    struct Failure: Error { let report: String }

    /// The path of a partition, from 1.
    func partition(_ number: Int = 1) -> String { "\(folder)/\(number).h5" }

    /// Replaces the spectroscopic redshifts of all partitions, in data-set order.
    func relabel(_ change: (_ galaxy: Int, _ redshift: Float) -> Float) throws {
        try replace("redshift") { galaxy, values in values[0] = change(galaxy, values[0]) }
    }

    /// Replaces the magnitudes.
    func changeMagnitudes(_ change: (_ galaxy: Int, _ magnitudes: inout [Float]) -> Void) throws {
        try replace("magnitudes", change)
    }

    /// The magnitudes of each galaxy, float32, as the program reads them.
    func magnitudes() throws -> [[Float]] {
        var all: [[Float]] = []
        for number in 1...partitions {
            let values: [Float] = try File.open(partition(number)).dataset("magnitudes").readAll()
            all += stride(from: 0, to: values.count, by: 5).map { Array(values[$0..<$0 + 5]) }
        }
        return all
    }

    private func replace(_ name: String, _ change: (Int, inout [Float]) -> Void) throws {
        var first = 0
        for number in 1...partitions {
            let file = try File.openForWriting(partition(number))
            let dataset = try file.dataset(name)
            var values: [Float] = try dataset.readAll()
            let width = dataset.rowCount
            for row in 0..<dataset.rows {
                var own = Array(values[row * width..<(row + 1) * width])
                change(first + row, &own)
                values.replaceSubrange(row * width..<(row + 1) * width, with: own)
            }
            try dataset.write(rows: 0..<dataset.rows, from: values)
            first += dataset.rows
            try file.close()
        }
    }
}
