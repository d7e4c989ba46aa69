import AstroMAE
import HDF5
import PhotozMachine
import Survey

extension TrainingRecord {
    /// What a network was trained on.
    ///
    /// - Parameters:
    ///   - path: A folder of partitions, or one, whose ranges are found; or other weights, whose record is taken.
    ///   - weights: The network's weights.
    /// - Throws: What is wrong with the partitions; ``JobError`` with code 65 when weights have no record, or are of
    ///   another number of bands.
    init(of path: String, for weights: String) throws {
        let shape = try WeightsFile(weights).shape
        if let other = try Self.otherWeights(path) {
            guard other.training.hasRanges, other.shape.bands == shape.bands else {
                throw JobError(
                    .badData,
                    "\(path): does not say between which numbers its network's galaxies lie, or is of \(other.shape.bands) bands and not \(shape.bands); give the partitions that were trained on"
                )
            }
            self = other.training
            return
        }
        let schema = PartitionSchema(bands: shape.bands, imageSize: shape.imageSize)
        let survey = try DataSet.open([path], schema: schema)
        var sample = TrainingSample(schema)
        for partition in survey.partitions.indices {
            try sample.add(PartitionFile(survey.path(of: partition), schema: schema))
        }
        guard sample.count > 0 else { throw JobError(.badData, "\(path): holds no galaxies") }
        self.init(sample)
    }

    private init(_ sample: TrainingSample) {
        self.init()
        let limits = sample.limits()
        func double(_ range: ClosedRange<Float>) -> ClosedRange<Double> {
            Double(range.lowerBound)...Double(range.upperBound)
        }
        func ranges(_ limits: [ClosedRange<Float>]) -> [ClosedRange<Double>]? {
            limits.isEmpty ? nil : limits.map(double)
        }
        magnitudes = ranges(limits.magnitudes)
        colours = ranges(limits.colours)
        imageMinima = ranges(limits.imageMinima)
        imageMaxima = ranges(limits.imageMaxima)
        redshifts = limits.redshifts.map(double)
        outsideFraction = sample.fractionOutside(limits)
        bands = sample.statement?.imageBands.map { [$0.description] }
        imageUnits = sample.statement?.units
        softening = sample.statement?.softening
        pixelScale = sample.statement?.pixelScale
    }

    /// The weights at a path; nil when it leads to a folder or to a partition.
    private static func otherWeights(_ path: String) throws -> WeightsFile? {
        guard HDF5.File.isHDF5(path), try HDF5.File.open(path).hasAttribute("format") else { return nil }
        return try WeightsFile(path)
    }

    /// Writes it into a weights file.
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    func record(in weights: String) throws {
        let file = try File.openForWriting(weights)
        try write(to: file)
        try file.close()
    }
}
