import Foundation
import HDF5
import TestSupport
import Testing

/// A labelled survey of two partitions, and a calibration of the small network made with other galaxies; shared by the
/// tests.
struct CalibratedSurvey {
    static let shared = Task { try await CalibratedSurvey() }
    static let weights = Repository.fixture("small-weights.h5")
    static let galaxies = 1500

    private let folder: TemporaryFolder
    let survey: LabelledSurvey
    let calibration: String

    /// The words of a run that makes distributions.
    var options: [String] { ["--calibration", calibration] }

    private init() async throws {
        folder = try TemporaryFolder()
        survey = try await LabelledSurvey(folder.file("survey"), galaxies: Self.galaxies, partitions: 2, seed: 8)
        calibration = folder.file("calibration.hdf5")
        let labelled = try await LabelledSurvey(folder.file("labelled"), galaxies: 3000, seed: 9)
        let outcome = try await Self.calibrate(labelled.folder, to: calibration)
        try #require(outcome.exitCode == 0, "\(outcome.report)")
    }

    /// Makes a calibration.
    static func calibrate(
        _ labelled: String, to path: String, weights: String = weights, _ more: [String] = []
    ) async throws -> Outcome {
        try await Launch.mpirun(
            ranks: 2, Photoz.path,
            ["calibrate", "--weights", weights, "--data", labelled, "--output", path, "--method", "cells"] + more,
            limit: 120)
    }

    /// A run of the small network.
    static func run(
        _ data: String, to output: Output, ranks: Int = 2, weights: String = weights, _ more: [String]
    ) async throws -> Outcome {
        try await Photoz.run(ranks: ranks, data: [data], output: output.folder, weights: weights, more, limit: 120)
    }

    /// The files of a finished run with distributions.
    static let finished = (Output.finished + ["pz.hdf5"]).sorted()
}

/// `pz.hdf5` as a reader of qp's files finds it.
struct StoredDistributions {
    let file: File
    /// [galaxies, ``count``]
    let values: [Float]
    /// Numbers of a galaxy.
    let count: Int
    /// Levels of quantiles, or redshifts of the grid.
    let axis: [Double]

    init(_ output: Output, _ form: String = "quant") throws {
        file = try File.open(output.folder + "/pz.hdf5")
        let names = ["quant": ("locs", "quants"), "interp": ("yvals", "xvals"), "hist": ("pdfs", "bins")][form]!
        try #require(try file.dataset("meta/pdf_name").readStrings(rows: 0..<1) == [form])
        let data = try file.dataset("data/" + names.0)
        let numbers = try file.dataset("meta/" + names.1)
        try #require(data.elementType == .float(bits: 32) && numbers.shape.first == 1)
        (values, count, axis) = (try data.readAll(), data.shape[1], try numbers.readAll())
    }

    /// The distribution of a galaxy.
    func row(_ galaxy: Int) -> [Double] { values[galaxy * count..<(galaxy + 1) * count].map(Double.init) }

    func ancil(_ name: String) throws -> [Float] { try file.dataset("ancil/" + name).readAll() }

    /// F(z) of a galaxy, of quantiles.
    func cumulative(_ galaxy: Int, at z: Double) -> Double {
        let locations = row(galaxy)
        guard let upper = locations.firstIndex(where: { $0 > z }) else { return 1 }
        guard upper > 0 else { return 0 }
        let share = (z - locations[upper - 1]) / (locations[upper] - locations[upper - 1])
        return axis[upper - 1] + (axis[upper] - axis[upper - 1]) * share
    }

    /// The redshift of a galaxy up to which a part of the probability lies, of quantiles.
    func quantile(_ galaxy: Int, _ level: Double) -> Double {
        let locations = row(galaxy)
        let upper = axis.firstIndex { $0 >= level } ?? axis.count - 1
        let share = (level - axis[upper - 1]) / (axis[upper] - axis[upper - 1])
        return locations[upper - 1] + (locations[upper] - locations[upper - 1]) * share
    }
}
