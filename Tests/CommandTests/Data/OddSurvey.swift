import Foundation
import HDF5
import TestSupport

/// The first galaxies of the mock survey, to be written as other programs write such things.
struct OddSurvey {
    let count: Int
    /// [count, 5, 32, 32]
    var images: [Float]
    /// [count, 5]
    var magnitudes: [Double]
    var redshifts: [Double]
    var imageType = ElementType.float(bits: 32)
    var magnitudeType = ElementType.float(bits: 64)
    var redshiftType = ElementType.float(bits: 32)
    /// Texts of the images, by the names of their attributes; several make a list.
    var imageTexts: [String: [String]] = [:]
    /// Numbers of each data set, by `data set.attribute`.
    var numbers: [String: [Double]] = [:]
    /// A data set `image_band`, the same for each galaxy.
    var bandTable: [String]?

    init(count: Int = 20) throws {
        self.count = count
        let file = try File.open(Repository.galaxies)
        images = Array(try file.dataset("images").readAll(as: Float.self)[..<(count * MockSurvey.pixels)])
        magnitudes = Array(try file.dataset("magnitudes").readAll(as: Double.self)[..<(count * 5)])
        redshifts = Array(try file.dataset("redshift").readAll(as: Double.self)[..<count])
    }

    /// Writes one partition.
    func write(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        let file = try File.create(path)
        let sets = [
            ("images", try file.createDataset("images", storedAs: imageType, shape: [count, 5, 32, 32])),
            ("magnitudes", try file.createDataset("magnitudes", storedAs: magnitudeType, shape: [count, 5])),
            ("redshift", try file.createDataset("redshift", storedAs: redshiftType, shape: [count])),
        ]
        try sets[0].1.write(rows: 0..<count, from: images)
        try sets[1].1.write(rows: 0..<count, from: magnitudes)
        try sets[2].1.write(rows: 0..<count, from: redshifts)
        for (name, texts) in imageTexts {
            if texts.count == 1 {
                try sets[0].1.setAttribute(name, texts[0])
            } else {
                try sets[0].1.setAttribute(name, texts)
            }
        }
        for (name, dataset) in sets {
            for (key, values) in numbers where key.hasPrefix(name + ".") {
                try dataset.setAttribute(String(key.dropFirst(name.count + 1)), values)
            }
        }
        if let bandTable {
            try file.createStringDataset("image_band", shape: [count, bandTable.count], length: 8)
                .write(rows: 0..<count, strings: (0..<count).flatMap { _ in bandTable })
        }
        try file.close()
    }

    /// Puts the bands of images, or of magnitudes, in another order.
    mutating func reorder(_ places: [Int], images changesImages: Bool = true, magnitudes changesMagnitudes: Bool = true)
    {
        let (oldImages, oldMagnitudes) = (images, magnitudes)
        for galaxy in 0..<count {
            for (band, place) in places.enumerated() {
                let (to, from) = (galaxy * 5 + band, galaxy * 5 + place)
                if changesMagnitudes { magnitudes[to] = oldMagnitudes[from] }
                if changesImages {
                    images.replaceSubrange(
                        to * 1024..<(to + 1) * 1024, with: oldImages[from * 1024..<(from + 1) * 1024])
                }
            }
        }
    }

    /// Images of a galaxy's band become this number.
    mutating func fill(_ galaxy: Int, band: Int, with value: Float) {
        for pixel in 0..<1024 { images[(galaxy * 5 + band) * 1024 + pixel] = value }
    }
}

/// What a run made of a survey.
struct OddRun {
    let outcome: Outcome
    let output: Output

    /// One rank without a launcher, on a file or folder.
    init(_ data: String, to folder: String, weights: String = Repository.weights, _ more: [String] = []) async throws {
        outcome = try await Photoz.alone(
            ["run", "--weights", weights, "--data", data, "--output", folder, "--overwrite", "--quiet"] + more)
        output = Output(folder: folder)
    }

    func flags() throws -> [Int] { try output.integers("flags") }

    func predictions() throws -> [Float] { try output.floats("redshift_predicted") }

    /// `flags` of Results.json.
    func counts() throws -> [String: Int] { try output.results()["flags"] as? [String: Int] ?? [:] }

    func warnings() throws -> [String] { try output.results()["warnings"] as? [String] ?? [] }
}
