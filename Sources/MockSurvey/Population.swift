import FoundationEssentials
import PhotozElementary

/// What galaxies a survey sees: a Gaussian mixture in (ln z, u - g, g - r, r - i, i - z, r), fitted to the main galaxy
/// sample of SDSS (`population.json`).
struct Population: Sendable {
    /// The one that the demonstration weights were trained on. It is part of the program, so that it is there and
    /// whole.
    static let sdssMainSample = try! Population(json: Data(PackageResources.population_json))

    private let cumulative: [Double]
    private let components: [Component]

    private struct Component: Sendable {
        let mean: [Double]
        let factor: [[Double]]  // lower triangle of the covariance's Cholesky factor
    }

    private struct Description: Decodable {
        let weights: [Double]
        let means: [[Double]]
        let covariances: [[[Double]]]
    }

    init(json: Data) throws {
        let description = try JSONDecoder().decode(Description.self, from: json)
        var total = 0.0
        cumulative = description.weights.map { weight in
            total += weight
            return total
        }
        components = zip(description.means, description.covariances).map {
            Component(mean: $0, factor: Self.choleskyFactor($1))
        }
    }

    /// A galaxy within 0.003 < z < 0.45 and 12 < r < 17.9; others are drawn anew.
    func draw(_ numbers: inout CounterBasedNumbers) -> Catalog.Row {
        while true {
            let x = vector(&numbers)
            let redshift = Elementary.exp(x[0])
            guard redshift > 0.003, redshift < 0.45, x[5] > 12, x[5] < 17.9 else { continue }
            let (r, g, i) = (x[5], x[5] + x[2], x[5] - x[3])
            return Catalog.Row(
                redshift: redshift, magnitudes: Magnitudes(u: g + x[1], g: g, r: r, i: i, z: i - x[4]))
        }
    }

    private func vector(_ numbers: inout CounterBasedNumbers) -> [Double] {
        let share = numbers.uniform() * cumulative[cumulative.count - 1]
        let component = components[cumulative.firstIndex { share < $0 } ?? cumulative.count - 1]
        let normal = NormalNumbers.eight(&numbers)
        return component.mean.indices.map { row in
            (0...row).reduce(component.mean[row]) { $0 + component.factor[row][$1] * normal[$1] }
        }
    }

    private static func choleskyFactor(_ matrix: [[Double]]) -> [[Double]] {
        var factor = matrix.map { $0.map { _ in 0.0 } }
        for row in matrix.indices {
            for column in 0...row {
                let rest = (0..<column).reduce(matrix[row][column]) { $0 - factor[row][$1] * factor[column][$1] }
                factor[row][column] = row == column ? rest.squareRoot() : rest / factor[column][column]
            }
        }
        return factor
    }
}
