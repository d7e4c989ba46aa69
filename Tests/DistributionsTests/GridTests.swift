import Foundation
import PhotozDistributions
import TestSupport
import Testing

/// Distributions on a grid of redshifts.
@Suite struct GridTests {
    @Test func textsThatAreGrids() throws {
        let grid = try #require(RedshiftGrid("0:2:301"))
        #expect(grid.values.count == 301 && grid.values[0] == 0 && grid.values[300] == 2)
        #expect(abs(grid.values[150] - 1) < 1e-15)
        #expect(grid.description == "0:2:301")
        for text in ["0:0.3:4", "-0.5:1.25:11", "0:2:2", "0.01:0.33:100000"] {
            let grid = try #require(RedshiftGrid(text), "\(text)")
            #expect(grid.description == text)
            #expect(grid.values.last == grid.upper)
            #expect(zip(grid.values, grid.values.dropFirst()).allSatisfy { Float($0) < Float($1) })
            #expect(try JSONDecoder().decode(RedshiftGrid.self, from: JSONEncoder().encode(grid)) == grid)
        }
    }

    @Test(arguments: [
        "", "0:2", "0:2:301:1", "0:2:1", "2:0:301", "0:0:10", "nan:2:301", "0:nan:301", "0:inf:301", "-1:2:301",
        "0:2:1e3", "0:2:-5", " 0:2:301", "0:2:100001", "0:1001:10", "0:1e-6:10", "::", "0,2,301",
    ])
    func textsThatAreNone(text: String) {
        #expect(RedshiftGrid(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(RedshiftGrid.self, from: JSONEncoder().encode(text))
        }
    }

    private func interpolated(_ distribution: QuantileDistribution, _ grid: RedshiftGrid) -> [Float] {
        var densities = [Float](repeating: -1, count: grid.count)
        densities.withUnsafeMutableBufferPointer { distribution.interpolated(on: grid, into: $0) }
        return densities
    }

    private func histogram(_ distribution: QuantileDistribution, _ grid: RedshiftGrid) -> [Float] {
        var densities = [Float](repeating: -1, count: grid.count - 1)
        densities.withUnsafeMutableBufferPointer { distribution.histogram(on: grid, into: $0) }
        return densities
    }

    @Test(arguments: ["0:2:301", "0:0.4:7", "0.1:0.3:1001", "-0.2:0.2:41", "0:2:2"])
    func densities(text: String) throws {
        let grid = try #require(RedshiftGrid(text))
        let step = grid.values[1] - grid.values[0]
        for seed in 1...5 as ClosedRange<UInt64> {
            let locations = QuantileDistributionTests.someLocations(seed)
            let distribution = QuantileDistribution(locations: locations)
            let cumulative = { QuantileDistributionTests.plainCumulative(locations, $0) }
            let mass = cumulative(grid.upper) - cumulative(grid.lower)
            #expect(abs(distribution.mass(inside: grid) - mass) < 1e-14)
            let bins = histogram(distribution, grid)
            for (index, density) in bins.enumerated() {
                let (from, to) = (grid.values[index], grid.values[index + 1])
                let expected = (cumulative(to) - cumulative(from)) / (to - from) / mass
                #expect(abs(Double(density) - expected) <= 1e-6 * max(expected, 1))
            }
            let points = interpolated(distribution, grid)
            for (index, density) in points.enumerated() {
                let from = max(grid.values[index] - step / 2, grid.lower)
                let to = min(grid.values[index] + step / 2, grid.upper)
                let expected = (cumulative(to) - cumulative(from)) / (to - from) / mass
                #expect(abs(Double(density) - expected) <= 1e-6 * max(expected, 1))
            }
            // What qp takes for the whole.
            let trapezoids = zip(points, points.dropFirst()).reduce(0) { $0 + step * Double($1.0 + $1.1) / 2 }
            #expect(abs(trapezoids - 1) < 1e-5)
            #expect(abs(bins.reduce(0) { $0 + step * Double($1) } - 1) < 1e-5)
        }
    }

    /// On a grid that is fine enough, means are densities.
    @Test func aFineGridShowsTheDensity() throws {
        let grid = try #require(RedshiftGrid("0:0.6:60001"))
        let distribution = QuantileDistribution(locations: QuantileDistributionTests.someLocations(3))
        let points = interpolated(distribution, grid)
        let mass = distribution.mass(inside: grid)
        let off = zip(grid.values, points).count { z, point in
            let density = distribution.density(at: z) / mass
            return abs(Double(point) - density) > 1e-5 * max(density, 1)
        }
        #expect(off <= 2 * 29, "only next to locations")
        #expect(points.contains { $0 > 1 })
    }

    @Test func nothingOnTheGridIsNoNumber() throws {
        let grid = try #require(RedshiftGrid("1:2:11"))
        let distribution = QuantileDistribution(locations: (0..<29).map { Float($0) / 100 })
        #expect(distribution.mass(inside: grid) == 0)
        #expect(interpolated(distribution, grid).allSatisfy { $0.isNaN })
        #expect(histogram(distribution, grid).allSatisfy { $0.isNaN })
    }
}
