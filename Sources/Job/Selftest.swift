import AstroMAE
import FoundationEssentials
import HDF5
import Survey

/// The shipped network on shipped galaxies against what the published one made of them in float64, on this machine.
public struct Selftest {
    /// One precision with one instruction set.
    public struct Outcome: Sendable {
        /// Where the numbers were computed.
        public let instructionSet: InstructionSet
        /// How they were stored.
        public let precision: Precision
        /// The largest difference of a redshift.
        public let error: Double
        /// What the difference may be.
        public let limit: Double
        /// Whether the redshifts are what they should be.
        public var isGood: Bool { error <= limit }
    }

    private let weights: WeightsFile
    private let galaxies: Int
    private let images: [Float]
    private let magnitudes: [Float]
    private let expected: [Double]

    /// Reads the shipped files.
    ///
    /// - Parameter folder: Holds `astromae-mock-sdss.h5` and `selftest.h5`; looked for unless given.
    /// - Throws: ``JobError`` with code 66 when they are not found, and whatever is wrong with them.
    public init(folder: String?) throws {
        let data = try folder ?? Self.find()
        weights = try WeightsFile(data + "/astromae-mock-sdss.h5")
        let file = try File.open(data + "/selftest.h5")
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

    /// Every precision with every instruction set that this processor has, the plainest first.
    ///
    /// - Parameter body: Told each outcome as it comes.
    /// - Throws: `WeightsError` when the weights are damaged.
    public func run(_ body: (Outcome) -> Void) throws {
        for set in InstructionSet.available {
            for precision in Precision.allCases {
                let engine = Engine(try PreparedNetwork(weights, precision, for: set))
                var redshifts = [Float](repeating: 0, count: galaxies)
                images.withUnsafeBufferPointer { images in
                    magnitudes.withUnsafeBufferPointer { magnitudes in
                        redshifts.withUnsafeMutableBufferPointer {
                            engine.predict(images: images, magnitudes: magnitudes, redshifts: $0)
                        }
                    }
                }
                // A number that is none must not pass as a small difference.
                let errors = zip(redshifts, expected).map { $0.isFinite ? abs(Double($0) - $1) : .infinity }
                body(
                    Outcome(
                        instructionSet: set, precision: precision, error: errors.max() ?? .infinity,
                        limit: Self.limit(precision)))
            }
        }
    }

    /// What a redshift may be off by: the precisions' own limits, as the README has them, with room for the largest of all.
    private static func limit(_ precision: Precision) -> Double {
        switch precision {
        case .float32: 1e-6
        case .bfloat16: 5e-4
        case .int8: 1e-3
        }
    }
}
