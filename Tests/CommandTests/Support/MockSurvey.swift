import HDF5
import TestSupport

/// Small surveys of galaxies from the mock survey that comes with the project, repeated as often as needed.
struct MockSurvey {
    private let images: [Float]
    private let magnitudes: [Double]
    private let redshifts: [Float]
    static let pixels = 5 * 32 * 32

    init() throws {
        let file = try File.open(Repository.galaxies)
        images = try file.dataset("images").readAll()
        magnitudes = try file.dataset("magnitudes").readAll()
        redshifts = try file.dataset("redshift").readAll()
    }

    /// What a test may want to be wrong or different in a partition.
    struct Variation {
        var hasRedshift = true
        var identifiers: [String]?
        var integerIdentifiers = false
        var omit: Set<String> = []
        var changeImage: (inout [Float]) -> Void = { _ in }
        var changeMagnitudes: (inout [Double]) -> Void = { _ in }
        var redshiftRows: Int?
        var imageShape: [Int]?
        var textMagnitudes = false
        var chunkRows = 16
        var isCompressed = true
    }

    /// Writes galaxies first ..< first + count, counted around the mock survey, as one partition.
    func write(_ path: String, first: Int = 0, count: Int, _ variation: Variation = Variation()) throws {
        let file = try File.create(path)
        let places = (0..<count).map { (first + $0) % redshifts.count }
        if !variation.omit.contains("images") {
            let shape = variation.imageShape ?? [count, 5, 32, 32]
            var values = places.flatMap { images[$0 * Self.pixels..<($0 + 1) * Self.pixels] }
            variation.changeImage(&values)
            let storage = Storage.chunked(
                rows: variation.chunkRows, compression: variation.isCompressed ? 1 : nil)
            let dataset = try file.createDataset("images", of: Float.self, shape: shape, storage: storage)
            let needed = shape.reduce(1, *)
            try dataset.write(rows: 0..<shape[0], from: Array(values.prefix(needed)))
        }
        if variation.textMagnitudes {
            _ = try file.createStringDataset("magnitudes", shape: [count, 5])
        } else if !variation.omit.contains("magnitudes") {
            var values = places.flatMap { magnitudes[$0 * 5..<($0 + 1) * 5] }
            variation.changeMagnitudes(&values)
            try file.createDataset("magnitudes", of: Double.self, shape: [count, 5]).write(
                rows: 0..<count, from: values)
        }
        if variation.hasRedshift {
            let rows = variation.redshiftRows ?? count
            try file.createDataset("redshift", of: Float.self, shape: [rows])
                .write(rows: 0..<rows, from: (0..<rows).map { redshifts[(first + $0) % redshifts.count] })
        }
        if let identifiers = variation.identifiers {
            try file.createStringDataset("object_id", shape: [count]).write(rows: 0..<count, strings: identifiers)
        } else if variation.integerIdentifiers {
            try file.createDataset("object_id", of: Int64.self, shape: [count])
                .write(rows: 0..<count, from: (0..<count).map { Int64(first + $0) << 40 })
        }
        try file.close()
    }

    /// A folder of partitions `1.h5`, `2.h5`, ... with these numbers of galaxies.
    func folder(_ folder: TemporaryFolder, counts: [Int]) throws -> [String] {
        var first = 0
        for (index, count) in counts.enumerated() {
            try write(folder.file("\(index + 1).h5"), first: first, count: count)
            first += count
        }
        return [folder.path]
    }
}
