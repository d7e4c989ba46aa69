/// A small fast generator with a fixed seed (SplitMix64, Steele, Lea and Flood 2014), so that tests repeat.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// Predicted and spectroscopic redshifts of some galaxies.
struct SampleRedshifts: Sendable {
    var predicted: [Float] = []
    var spectroscopic: [Float] = []

    /// Galaxies as in a survey: redshifts rounded to 0.001 so that there are ties, some outliers, some redshifts that
    /// are unknown (NaN or -9) and some predictions that are not numbers.
    static func survey(_ count: Int, seed: UInt64 = 1) -> SampleRedshifts {
        var random = SplitMix(state: seed)
        var sample = SampleRedshifts()
        for index in 0..<count {
            let redshift = Float.random(in: 0...0.8, using: &random)
            let scatter: Float = index % 20 == 0 ? 0.6 : 0.03
            let error = Float.random(in: -scatter...scatter, using: &random)
            sample.spectroscopic.append(((redshift * 1000).rounded() / 1000))
            sample.predicted.append(redshift + error)
            switch index % 97 {
            case 3: sample.spectroscopic[index] = .nan
            case 5: sample.spectroscopic[index] = -9
            case 7: sample.predicted[index] = .nan
            case 9: sample.predicted[index] = sample.spectroscopic[index]
            default: break
            }
        }
        return sample
    }

    /// Redshifts of wildly different magnitudes and signs.
    static func wild(_ count: Int, seed: UInt64 = 2) -> SampleRedshifts {
        var random = SplitMix(state: seed)
        var sample = SampleRedshifts()
        for _ in 0..<count {
            sample.predicted.append(
                Float(
                    sign: Bool.random(using: &random) ? .minus : .plus,
                    exponent: Int.random(in: -148...126, using: &random),
                    significand: Float.random(in: 1..<2, using: &random)))
            sample.spectroscopic.append(
                Float(
                    sign: .plus, exponent: Int.random(in: -148...126, using: &random),
                    significand: Float.random(in: 1..<2, using: &random)))
        }
        return sample
    }

    /// The galaxies at these places, in this order.
    func picked(_ places: [Int]) -> SampleRedshifts {
        SampleRedshifts(predicted: places.map { predicted[$0] }, spectroscopic: places.map { spectroscopic[$0] })
    }
}
