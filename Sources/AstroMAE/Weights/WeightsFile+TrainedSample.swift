import HDF5

/// Which galaxies the network was trained on, as far as its weights tell: a sample of their fingerprints.
extension WeightsFile {
    /// The data set that holds the sample; it is no tensor.
    static let trainedSampleName = "trained_sample"

    /// Fingerprints of galaxies that the network was trained on: the smallest ones, which are a random sample of all.
    public struct TrainedSample: Sendable, Equatable {
        /// Ascending, each once.
        public let fingerprints: [UInt64]
        /// Distinct galaxies that were trained on, in all.
        public let galaxies: Int
    }

    /// Reads the sample; nil where the file has none.
    ///
    /// - Throws: ``WeightsError`` when it is there and cannot be what it should be, `HDF5Error` when it cannot be read.
    public func trainedSample() throws -> TrainedSample? {
        guard file.contains(Self.trainedSampleName) else { return nil }
        let dataset = try file.dataset(Self.trainedSampleName)
        guard dataset.shape.count == 1, dataset.elementType == .integer(bits: 64, signed: false) else {
            throw fault("has shape \(dataset.shape) of \(dataset.elementType); a list of uint64 is expected")
        }
        let fingerprints = try dataset.readAll(as: UInt64.self)
        let galaxies = try dataset.attribute("galaxies", as: Int.self)
        guard zip(fingerprints, fingerprints.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw fault("is not in ascending order, or has a fingerprint twice")
        }
        guard galaxies >= fingerprints.count, !fingerprints.isEmpty || galaxies == 0 else {
            throw fault("has \(fingerprints.count) fingerprints of \(galaxies) galaxies")
        }
        return TrainedSample(fingerprints: fingerprints, galaxies: galaxies)
    }

    private func fault(_ what: String) -> WeightsError {
        WeightsError(file: path, faults: ["\(Self.trainedSampleName): \(what)"])
    }
}
