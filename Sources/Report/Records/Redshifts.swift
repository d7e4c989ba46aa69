/// The galaxies of a run that have a spectroscopic redshift above -1 and a finite prediction: 8 bytes each.
struct Redshifts {
    private(set) var predicted: [Float] = []
    private(set) var spectroscopic: [Float] = []

    var count: Int { predicted.count }

    /// d = (p - z)/(1 + z)
    func residual(_ galaxy: Int) -> Double { Self.residual(predicted[galaxy], spectroscopic[galaxy]) }

    /// The same of any two redshifts.
    static func residual(_ predicted: Float, _ spectroscopic: Float) -> Double {
        let (p, z) = (Double(predicted), Double(spectroscopic))
        return (p - z) / (1 + z)
    }

    /// The same, kept within what a float can hold: a spectroscopic redshift just above -1 divides by next to nothing.
    func floatResidual(_ galaxy: Int) -> Float { Float(min(max(residual(galaxy), -1e38), 1e38)) }

    /// No galaxies yet.
    init() {}

    init(predicted: [Float], spectroscopic: [Float]) {
        for (p, z) in zip(predicted, spectroscopic) where Self.counts(p, z) { append(p, z) }
    }

    /// Whether a galaxy can be compared.
    static func counts(_ p: Float, _ z: Float) -> Bool { p.isFinite && z.isFinite && z > -1 }

    /// Takes a galaxy that can be compared.
    mutating func append(_ p: Float, _ z: Float) {
        predicted.append(p)
        spectroscopic.append(z)
    }
}
