import Foundation
import PhotozMetrics

/// Galaxies with scores of their distributions.
struct ScoredSample: Sendable {
    var redshifts = SampleRedshifts()
    var pit: [Float] = []
    var cdeLoss: [Float] = []
    var crps: [Float] = []

    /// PITs that fill 0 to 1 more evenly than chance would, to some power.
    static func golden(_ count: Int, power: Double) -> ScoredSample {
        let pit = (1...max(count, 1)).prefix(count).map { index in
            Float(pow((Double(index) * 0.6180339887498949).truncatingRemainder(dividingBy: 1), power))
        }
        return ScoredSample(pit)
    }

    /// PITs and scores by chance; of some galaxies there are none.
    static func survey(_ count: Int, seed: UInt64 = 1) -> ScoredSample {
        var random = SplitMix(state: seed)
        var sample = ScoredSample((0..<count).map { _ in Float.random(in: 0...1, using: &random) })
        sample.redshifts = .survey(count, seed: seed)
        for index in 0..<count {
            sample.cdeLoss[index] = Float.random(in: -30...5, using: &random)
            sample.crps[index] = Float.random(in: 0...0.1, using: &random)
            switch index % 53 {
            case 3: sample.pit[index] = .nan
            case 5: sample.pit[index] = 0
            case 7: sample.pit[index] = 1
            case 9: sample.crps[index] = .nan
            default: break
            }
        }
        return sample
    }

    init(_ pit: [Float]) {
        self.pit = pit
        cdeLoss = pit.map { -$0 }
        crps = pit.map { $0 / 8 }
        redshifts = SampleRedshifts(predicted: pit, spectroscopic: pit)
    }

    /// The galaxies at these places.
    func picked(_ places: [Int]) -> ScoredSample {
        var sample = ScoredSample(places.map { pit[$0] })
        sample.redshifts = redshifts.picked(places)
        sample.cdeLoss = places.map { cdeLoss[$0] }
        sample.crps = places.map { crps[$0] }
        return sample
    }

    /// What bins are made of: both redshifts, and a number that some galaxies lack.
    var quantities: [[Float]] {
        [
            redshifts.predicted, redshifts.spectroscopic,
            redshifts.spectroscopic.map { $0 > 0.7 ? .nan : 14 + 5 * $0 },
        ]
    }

    /// Evaluated on a rank that has these galaxies.
    func evaluated(_ sum: SumOverRanks<Never>) -> DistributionEvaluation {
        let evaluation = Evaluation(redshifts, binnedBy: quantities, sum)
        return DistributionEvaluation(
            pit: pit, cdeLoss: cdeLoss, crps: crps, binnedBy: quantities, as: evaluation, sum)
    }

    /// Evaluated on a single process.
    var evaluated: DistributionEvaluation { SimulatedRanks.run(1) { _, sum in evaluated(sum) }[0] }
}
