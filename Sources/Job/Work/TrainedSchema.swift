import AstroMAE
import PhotozMachine
import Survey

extension PartitionSchema {
    /// The same for a network that was trained on what its weights say.
    ///
    /// - Throws: ``JobError`` with code 64 when the user's options contradict each other or the weights.
    package func trained(on record: TrainingRecord) throws(JobError) -> PartitionSchema {
        var schema = self
        schema.trained.bands = record.bands.flatMap { BandNames($0, count: bands) }
        schema.trained.units = record.imageUnits
        schema.trained.softening = record.softening
        schema.trained.pixelScale = record.pixelScale
        schema.trained.limits = TrainedLimits(record)
        // Magnitudes that are scaled to small numbers are none of the sky: what the network knows can be one.
        if let brightest = schema.trained.limits.magnitudes.map(\.lowerBound).min() {
            schema.missing.admit(brightest: brightest)
        }
        if let contradiction = schema.contradiction { throw JobError(.wrongUsage, contradiction) }
        return schema
    }
}

extension TrainedLimits {
    /// What a weights file says.
    fileprivate init(_ record: TrainingRecord) {
        self.init()
        func single(_ range: ClosedRange<Double>) -> ClosedRange<Float> {
            Float(range.lowerBound)...Float(range.upperBound)
        }
        magnitudes = record.magnitudes?.map(single) ?? []
        colours = record.colours?.map(single) ?? []
        imageMinima = record.imageMinima?.map(single) ?? []
        imageMaxima = record.imageMaxima?.map(single) ?? []
        redshifts = record.redshifts.map(single)
    }
}
