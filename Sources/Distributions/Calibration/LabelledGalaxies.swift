/// Galaxies whose redshift is known, with what the network says about them, in the order of their data set.
package struct LabelledGalaxies: Sendable {
    /// Photometric and spectroscopic redshift of each galaxy: finite, and above -1 where spectroscopic.
    package var predicted, spectroscopic: [Float]
    /// [galaxies, bands], finite.
    package var magnitudes: [Float]
    /// Of the network, in its order.
    package let bands: Int
    /// How much each galaxy counts, not negative; nil when all count the same.
    package var weights: [Double]?

    package init(
        predicted: [Float], spectroscopic: [Float], magnitudes: [Float], bands: Int, weights: [Double]? = nil
    ) {
        precondition(bands > 0, "a galaxy has a magnitude")
        precondition(
            spectroscopic.count == predicted.count && magnitudes.count == predicted.count * bands
                && weights?.count ?? predicted.count == predicted.count, "as much of each galaxy")
        (self.predicted, self.spectroscopic, self.magnitudes) = (predicted, spectroscopic, magnitudes)
        (self.bands, self.weights) = (bands, weights)
    }

    /// How many there are.
    package var count: Int { predicted.count }

    /// The magnitudes of one galaxy, for the time of a call.
    func withMagnitudes<Result>(of galaxy: Int, _ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
        magnitudes.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[galaxy * bands..<(galaxy + 1) * bands]))
        }
    }

    /// Those at some places.
    func picked(_ places: [Int]) -> LabelledGalaxies {
        LabelledGalaxies(
            predicted: places.map { predicted[$0] }, spectroscopic: places.map { spectroscopic[$0] },
            magnitudes: places.flatMap { magnitudes[$0 * bands..<($0 + 1) * bands] }, bands: bands,
            weights: weights.map { weights in places.map { weights[$0] } })
    }

    /// (z_spec - z_phot)/breadth(z_phot), rounded to single precision.
    func residual(of galaxy: Int) -> Float {
        let redshift = Double(predicted[galaxy])
        return Float((Double(spectroscopic[galaxy]) - redshift) / Self.breadth(redshift))
    }

    /// 1 + z, what errors of a photometric redshift grow with; but not below 0.01, which only predictions that are no
    /// redshifts come to.
    static func breadth(_ redshift: Double) -> Double { max(1 + redshift, 0.01) }
}

extension LabelledGalaxies {
    /// Beyond this no magnitude or redshift is one: markers for what is missing are.
    private static let limit: Float = 1000

    /// Makes sure that each galaxy and weight can be used.
    func check() throws(CalibrationFault) {
        for galaxy in 0..<count {
            let labels = [predicted[galaxy], spectroscopic[galaxy]]
            let numbers = labels + magnitudes[galaxy * bands..<(galaxy + 1) * bands]
            guard numbers.allSatisfy({ $0.magnitude <= Self.limit }), spectroscopic[galaxy] > -1 else {
                throw CalibrationFault(
                    kind: .unusable,
                    message: "labelled galaxy \(galaxy) has the redshifts \(predicted[galaxy]) (predicted) and "
                        + "\(spectroscopic[galaxy]) (spectroscopic) and the magnitudes \(numbers.dropFirst(2)): finite "
                        + "numbers up to \(Int(Self.limit)) are needed, and a spectroscopic redshift above -1. Leave "
                        + "such galaxies out")
            }
        }
        guard let weights else { return }
        guard weights.allSatisfy({ $0 >= 0 && $0 <= 1e100 }), weights.contains(where: { $0 > 0 }) else {
            throw CalibrationFault(
                kind: .unusable,
                message: "weights of labelled galaxies have to be finite and not negative, and one of them above 0")
        }
    }
}
