import Glibc
import PhotozDistributions
import TestSupport

extension SeededNumbers {
    /// Of mean 0 and variance 1 (Box and Muller).
    mutating func normal() -> Double {
        let (u, v) = (Double.random(in: 0x1p-53..<1, using: &self), Double.random(in: 0..<1, using: &self))
        return (-2 * log(u)).squareRoot() * cos(2 * Double.pi * v)
    }
}

/// Galaxies whose residuals are known: of zero median, and a spread that is a function of redshift, magnitude and
/// colour.
enum SyntheticGalaxies {
    /// - Parameters:
    ///   - seed: Another one draws others.
    ///   - bands: The middle one has magnitudes 15 to 18, denser to the faint end; colours are 0.3 to 1.1.
    ///   - brightest: What the faintest of the middle band is.
    static func draw(_ count: Int, seed: UInt64, bands: Int = 5, faintest: Double = 18) -> LabelledGalaxies {
        var random = SeededNumbers(seed: seed)
        var (predicted, spectroscopic, magnitudes) = ([Float](), [Float](), [Float]())
        for _ in 0..<count {
            let middle = faintest - (faintest - 15) * pow(Double.random(in: 0..<1, using: &random), 2)
            let colour = Double.random(in: 0.3...1.1, using: &random)
            let redshift = Double.random(in: 0.02...0.4, using: &random)
            let z = Float(redshift)
            let r = spread(redshift: redshift, magnitude: middle, colour: colour) * random.normal()
            predicted.append(z)
            spectroscopic.append(Float(redshift + r * (1 + redshift)))
            for band in 0..<bands { magnitudes.append(Float(middle - colour * Double(band - bands / 2))) }
        }
        return LabelledGalaxies(
            predicted: predicted, spectroscopic: spectroscopic, magnitudes: magnitudes, bands: bands)
    }

    static func spread(redshift: Double, magnitude: Double, colour: Double) -> Double {
        0.01 * exp(0.5 * (magnitude - 17) + 2 * (redshift - 0.2) - 0.8 * (colour - 0.7))
    }
}

extension LabelledGalaxies {
    func magnitudes(of galaxy: Int) -> [Float] { Array(magnitudes[galaxy * bands..<(galaxy + 1) * bands]) }

    /// (z_spec - z_phot)/(1 + z_phot) as a calibration has it.
    func plainResidual(of galaxy: Int) -> Float {
        Float((Double(spectroscopic[galaxy]) - Double(predicted[galaxy])) / (1 + Double(predicted[galaxy])))
    }

    func chosen(_ places: [Int]) -> LabelledGalaxies {
        LabelledGalaxies(
            predicted: places.map { predicted[$0] }, spectroscopic: places.map { spectroscopic[$0] },
            magnitudes: places.flatMap { magnitudes(of: $0) }, bands: bands,
            weights: weights.map { weights in places.map { weights[$0] } })
    }
}

extension Calibration {
    func place(_ galaxies: LabelledGalaxies, _ galaxy: Int) -> CalibratedPlace {
        galaxies.magnitudes(of: galaxy).withUnsafeBufferPointer {
            place(redshift: galaxies.predicted[galaxy], magnitudes: $0)
        }
    }

    /// The 29 locations of a galaxy.
    func locations(redshift: Float, _ place: CalibratedPlace) -> [Float] {
        var locations = [Float](repeating: .nan, count: QuantileLevels.count)
        locations.withUnsafeMutableBufferPointer {
            write(redshift: redshift, cell: place.cell, scale: place.scale, into: $0)
        }
        return locations
    }

    func distribution(_ galaxies: LabelledGalaxies, _ galaxy: Int) -> QuantileDistribution {
        QuantileDistribution(locations: locations(redshift: galaxies.predicted[galaxy], place(galaxies, galaxy)))
    }
}

extension QuantileDistribution {
    init(locations: [Float]) {
        self = locations.withUnsafeBufferPointer { QuantileDistribution($0) }
    }
}
