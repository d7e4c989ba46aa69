import AstroMAE
import FoundationEssentials
import HDF5
import PhotozMachine
import Survey

/// The shipped network on shipped galaxies against what the published one made of them in float64, on this machine.
package struct Selftest {
    /// One precision with one instruction set.
    package struct Outcome: Sendable {
        /// Where the numbers were computed.
        package let instructionSet: InstructionSet
        /// How they were stored.
        package let precision: Precision
        /// The largest difference of a redshift from the published network's.
        package let error: Double
        /// What the difference may be.
        package let limit: Double
        /// The largest difference from the plainest instruction set in the same precision.
        package let spread: Double
        /// What the spread may be. A kernel that is wrong in a small way hides behind the rounding of a precision, but
        /// less so here.
        package let spreadLimit: Double
        /// Whether the redshifts are what they should be.
        package var isGood: Bool { error <= limit && spread <= spreadLimit }
    }

    private let weights: WeightsFile
    private let galaxies: Int
    private let images: [Float]
    private let magnitudes: [Float]
    private let expected: [Double]

    /// Reads the shipped files.
    ///
    /// - Parameter folder: Holds `astromae-mock-sdss.h5` and `selftest.h5`; looked for unless given.
    /// - Throws: ``JobError`` with code 66 when they are not found, with code 65 when the weights are not those that
    ///   the redshifts were made with, and whatever else is wrong with them.
    package init(folder: String?) throws {
        let data = try folder ?? Self.find()
        let weightsPath = data + "/astromae-mock-sdss.h5"
        let file = try File.open(data + "/selftest.h5")
        guard try file.attributeString("weights_sha256") == fileHash(weightsPath) else {
            throw JobError(.badData, "\(weightsPath): is damaged, or another than selftest.h5 is for; copy both again")
        }
        weights = try WeightsFile(weightsPath)
        expected = try file.dataset("redshift_float64").readAll()
        images = try file.dataset("images").readAll()
        magnitudes = try file.dataset("magnitudes").readAll()
        galaxies = expected.count
        let shape = weights.shape
        guard images.count == galaxies * shape.bands * shape.imageSize * shape.imageSize,
            magnitudes.count == galaxies * shape.bands
        else {
            throw JobError(.badData, "\(data)/selftest.h5: does not go with the weights beside it; copy both again")
        }
    }

    /// The folder `Data` here, or beside the program or one of the folders that it is in.
    private static func find() throws -> String {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var candidates = ["Data"]
        var folder = URL(filePath: program).deletingLastPathComponent()
        for _ in 0..<5 {
            candidates += [folder.path + "/Data", folder.path + "/share/photoz"]
            folder = folder.deletingLastPathComponent()
        }
        guard let found = candidates.first(where: { FileManager.default.fileExists(atPath: $0 + "/selftest.h5") })
        else {
            throw JobError(
                .inputMissing,
                "Data/selftest.h5: is not here nor beside the program; give the project's folder Data with --data")
        }
        return found
    }

    /// Every precision with every instruction set that this processor has, the plainest first, and in every way.
    ///
    /// - Parameter body: Told each outcome as it comes.
    /// - Throws: `WeightsError` when the weights are damaged.
    package func run(_ body: (Outcome) -> Void) throws {
        var plainest: [Precision: [Float]] = [:]
        for precision in Precision.allCases {
            for set in InstructionSet.available.flatMap({ $0.ownWays(for: precision) }) {
                let redshifts = predict(Engine(try PreparedNetwork(weights, precision, for: set)))
                let plain = plainest[precision, default: redshifts]
                plainest[precision] = plain
                let (limit, spreadLimit) = Self.limits(precision, set)
                body(
                    Outcome(
                        instructionSet: set, precision: precision, error: Self.difference(redshifts, expected),
                        limit: limit, spread: Self.difference(redshifts, plain.map(Double.init)),
                        spreadLimit: spreadLimit))
            }
        }
    }

    private func predict(_ engine: Engine) -> [Float] {
        var redshifts = [Float](repeating: 0, count: galaxies)
        images.withUnsafeBufferPointer { images in
            magnitudes.withUnsafeBufferPointer { magnitudes in
                redshifts.withUnsafeMutableBufferPointer {
                    engine.predict(images: images, magnitudes: magnitudes, redshifts: $0)
                }
            }
        }
        return redshifts
    }

    /// The largest difference; a number that is none must not pass as a small one.
    private static func difference(_ redshifts: [Float], _ others: [Double]) -> Double {
        let differences = zip(redshifts, others).map { abs(Double($0) - $1) }
        return differences.map { $0.isFinite ? $0 : .infinity }.max() ?? .infinity
    }

    /// What a redshift may be off by, and differ by from another instruction set's. These galaxies are off by 9.2e-8,
    /// 1.3e-3 and 1.2e-3, and differ by 4.5e-8, 1.5e-8 and 1.5e-8 (`photoz selftest`); with the image of another galaxy
    /// half of them would be off by 1.2e-2 (`python -m photoz ablate`). Tiles add up in another order: by a model of
    /// their instructions they differ by 6.5e-6 and 1.1e-5.
    private static func limits(_ precision: Precision, _ set: InstructionSet) -> (error: Double, spread: Double) {
        switch precision {
        case .float32: (1e-6, 1e-7)
        case .bfloat16: (2.5e-3, set.usesTiles ? 4e-5 : 1e-5)
        case .int8: (2.5e-3, 4e-5)
        }
    }
}
