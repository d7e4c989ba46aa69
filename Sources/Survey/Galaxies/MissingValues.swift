/// What stands for a magnitude or a redshift that is not known: one rule for all surveys.
public struct MissingValues: Sendable, Equatable {
    /// Why a magnitude is missing.
    enum Reason {
        case notObserved, notDetected
    }

    /// From here on a number says that a source was looked for and not found: 99, 99.9, 999.
    static let notDetected: Float = 90
    /// Down from here a number says that nothing was looked for: -99, -999, -9999.
    static let notObserved: Float = -90

    /// Magnitudes above the first and below the second can be magnitudes. No galaxy on the sky is brighter than 0 mag,
    /// so that 0, -1 and -9 are sentinels too.
    public var magnitudes = (low: Float(0), high: MissingValues.notDetected)
    /// Redshifts that can be redshifts, both ends included.
    public var redshifts = (low: Float(0), high: Float(20))
    /// Numbers that stand for missing ones besides, of magnitudes and of redshifts.
    public var others: [Double] = []

    /// The usual rule.
    public init() {}

    /// Whether both call the same numbers missing.
    public static func == (one: MissingValues, other: MissingValues) -> Bool {
        one.magnitudes == other.magnitudes && one.redshifts == other.redshifts && one.others == other.others
    }

    /// Takes numbers below 0 for magnitudes when a network was trained on such, unless a range was asked for.
    public mutating func admit(brightest: Float) {
        if brightest <= 0, magnitudes == (0, Self.notDetected) { magnitudes.low = Self.notObserved }
    }

    /// Whether, and why, a number is no magnitude; nil for a magnitude.
    ///
    /// - Parameter others: ``others`` as the numbers' type stores them.
    func reason(magnitude: Float, others: [Float]) -> Reason? {
        if magnitude >= Self.notDetected { return .notDetected }
        // Written so that it holds for what is no number.
        guard magnitude > magnitudes.low, magnitude < magnitudes.high, !others.contains(magnitude) else {
            return .notObserved
        }
        return nil
    }

    /// Whether a number is no redshift.
    ///
    /// - Parameter others: ``others`` as the numbers' type stores them.
    func isMissing(redshift: Float, others: [Float]) -> Bool {
        !(redshift >= redshifts.low && redshift <= redshifts.high) || others.contains(redshift)
    }
}

extension MissingValues: CustomStringConvertible {
    /// The rule in words; other rules have others.
    public var description: String {
        "magnitudes \(magnitudes.low) to \(magnitudes.high), redshifts \(redshifts.low) to \(redshifts.high)"
            + (others.isEmpty ? "" : ", besides \(others.map { "\($0)" }.joined(separator: ", "))")
    }
}
