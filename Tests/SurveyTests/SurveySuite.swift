import HDF5
import Survey
import TestSupport
import Testing

/// Tests that open files, one at a time: HDF5 serves one thread at a time.
@Suite(.serialized) struct SurveySuite {}

/// A partition file to be written, small and regular but for what a test changes.
struct SamplePartition {
    /// A small network's images: 2 bands of 4 x 4 pixels.
    static let schema = PartitionSchema(bands: 2, imageSize: 4)

    var rows = 3
    /// Shapes, nil for a data set that is left out.
    var images: [Int]? = [3, 2, 4, 4]
    var magnitudes: [Int]? = [3, 2]
    var redshift: [Int]? = [3]
    var integers: [Int]?
    var strings: [String]?
    /// Values that replace others, by their place.
    var imageValues: [Int: Float] = [:]
    var magnitudeValues: [Int: Double] = [:]
    var storage = Storage.contiguous

    init(rows: Int = 3) {
        self.rows = rows
        images = [rows, 2, 4, 4]
        magnitudes = [rows, 2]
        redshift = [rows]
    }

    func write(_ path: String) throws {
        let file = try File.create(path)
        try write("images", images, to: file) { imageValues[$0] ?? Float($0) / 8 }
        try write("magnitudes", magnitudes, to: file) { magnitudeValues[$0] ?? 17 + Double($0) / 16 }
        try write("redshift", redshift, to: file) { Float($0) / 32 }
        try write("object_id", integers.map { [$0.count] }, to: file) { Int64(integers![$0]) }
        if let strings {
            try file.createStringDataset("object_id", shape: [strings.count])
                .write(rows: 0..<strings.count, strings: strings)
        }
        try file.close()
    }

    private func write<T: Scalar>(_ name: String, _ shape: [Int]?, to file: File, _ value: (Int) -> T) throws {
        guard let shape else { return }
        try file.createDataset(name, of: T.self, shape: shape, storage: storage)
            .write(rows: 0..<shape[0], from: (0..<shape.reduce(1, *)).map(value))
    }
}

extension File {
    /// A data set of zeros, written: a data set without data is a fault of its own.
    func createZeros<T: Scalar>(_ name: String, of type: T.Type, shape: [Int]) throws {
        try createDataset(name, of: type, shape: shape)
            .write(rows: 0..<shape[0], from: [T](repeating: 0, count: shape.reduce(1, *)))
    }

    /// A data set of texts without letters.
    func createTexts(_ name: String, shape: [Int]) throws {
        try createStringDataset(name, shape: shape)
            .write(rows: 0..<shape[0], strings: [String](repeating: "", count: shape.reduce(1, *)))
    }
}

/// What a partition yields: images, magnitudes and redshifts.
struct Galaxies {
    var images, magnitudes, redshifts: [Float]

    init(_ file: PartitionFile, rows: Range<Int>, schema: PartitionSchema) throws {
        let pixels = schema.bands * schema.imageSize * schema.imageSize
        images = Array(repeating: -1, count: rows.count * pixels)
        magnitudes = Array(repeating: -1, count: rows.count * schema.bands)
        redshifts = Array(repeating: -1, count: rows.count)
        _ = try images.withUnsafeMutableBufferPointer { images in
            try magnitudes.withUnsafeMutableBufferPointer { magnitudes in
                try redshifts.withUnsafeMutableBufferPointer { redshifts in
                    try file.read(
                        rows: rows,
                        into: GalaxyBuffers(images: images, magnitudes: magnitudes, redshifts: redshifts))
                }
            }
        }
    }
}
