import HDF5
import MockSurvey

/// Writes a partition file of a mock survey, with what is true of its galaxies beside what is observed.
struct MockPartitionWriter {
    /// Where the galaxies come from; no time and no host, so that the same command makes the same files.
    struct Provenance {
        let seed: UInt64
        let surveySize: Int
        let first: Int
        /// SHA-256 of the catalogue.
        let catalogHash: String?
    }

    /// What a galaxy takes on disk, rounded up.
    static let bytesPerGalaxy = 4 * MockSurvey.imageShape.reduce(1, *) + 192
    /// Galaxies of a compressed chunk, and of what stands in memory.
    private static let chunk = 32
    private static let block = 256

    private let file: File
    private let images: Dataset
    private let magnitudes: Dataset
    private let redshift: Dataset
    private let objectID: Dataset
    private let truths: [(dataset: Dataset, truth: MockTruth)]

    /// Creates the file.
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    init(_ path: String, count: Int, compression: Int?, provenance: Provenance) throws {
        file = try File.create(path)
        let storage: Storage = compression.map { .chunked(rows: Self.chunk, compression: $0) } ?? .contiguous
        images = try file.createDataset(
            "images", of: Float.self, shape: [count] + MockSurvey.imageShape, storage: storage)
        magnitudes = try file.createDataset("magnitudes", of: Double.self, shape: [count, 5])
        redshift = try file.createDataset("redshift", of: Float.self, shape: [count])
        objectID = try file.createDataset("object_id", of: Int64.self, shape: [count])
        let file = file
        truths = try MockTruth.all.map {
            let dataset = try file.createDataset($0.name, of: Double.self, shape: [count] + $0.rowShape)
            try dataset.setAttribute("description", $0.meaning)
            try dataset.setAttribute("units", $0.units)
            return (dataset, $0)
        }
        try describe(provenance)
    }

    private func describe(_ provenance: Provenance) throws {
        try images.setAttribute("bands", "ugriz")
        try images.setAttribute("units", "asinh(nanomaggies / softening)")
        try images.setAttribute("softening", MockSurvey.softening)
        try images.setAttribute("pixel_scale", MockSurvey.pixelScale)
        try magnitudes.setAttribute("bands", "ugriz")
        try magnitudes.setAttribute("units", "mag")
        try objectID.setAttribute("description", "number of the galaxy in the survey, from 0")
        let names = MockTruth.all.map(\.name).joined(separator: ", ")
        try file.setAttribute("description", "mock SDSS-like survey; what is true of its galaxies: \(names)")
        try file.setAttribute("generator", "photoz simulate 2")
        try file.setAttribute("seed", provenance.seed)
        try file.setAttribute("survey_galaxies", Int64(provenance.surveySize))
        try file.setAttribute("first_galaxy", Int64(provenance.first))
        try file.setAttribute(
            "population", provenance.catalogHash.map { "catalogue, SHA-256 \($0)" } ?? "SDSS main galaxy sample")
    }

    /// Writes the galaxies of those numbers, and closes the file.
    ///
    /// - Throws: `HDF5Error` when they cannot be written.
    func write(_ numbers: Range<Int>, of survey: MockSurvey) throws {
        let size = MockSurvey.imageShape.reduce(1, *)
        var pixels = [Float](repeating: 0, count: min(Self.block, numbers.count) * size)
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: Self.block) {
            let galaxies = (first..<min(first + Self.block, numbers.upperBound)).map { survey.galaxy($0) }
            let rows = first - numbers.lowerBound..<first - numbers.lowerBound + galaxies.count
            try pixels.withUnsafeMutableBufferPointer { pixels in
                for (index, galaxy) in galaxies.enumerated() {
                    survey.observe(galaxy, into: .init(rebasing: pixels[index * size..<(index + 1) * size]))
                }
                try images.write(rows: rows, from: UnsafeBufferPointer(rebasing: pixels[..<(galaxies.count * size)]))
            }
            try magnitudes.write(rows: rows, from: galaxies.flatMap(\.magnitudes.inOrder))
            try redshift.write(rows: rows, from: galaxies.map { Float($0.redshift) })
            try objectID.write(rows: rows, from: galaxies.map { Int64($0.number) })
            for (dataset, truth) in truths {
                try dataset.write(rows: rows, from: galaxies.flatMap { truth.values($0.shape) })
            }
        }
        try file.close()
    }
}
