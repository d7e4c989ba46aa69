import AstroMAE

/// Made-up galaxies in memory. A network's time does not depend on the numbers, which only have the size that those of
/// surveys have.
package struct BenchGalaxies: Sendable {
    /// How many are predicted together.
    package let count: Int
    let images: [Float]
    let magnitudes: [Float]

    /// - Parameters:
    ///   - count: How many are predicted together.
    ///   - shape: The network that takes them.
    package init(_ count: Int, for shape: NetworkShape) {
        self.count = count
        images = (0..<count * shape.imageCount).map { Float(($0 &* 2_654_435_761) >> 8 & 0xffff) / 32_768 - 0.5 }
        magnitudes = (0..<count * shape.magnitudeCount).map { 19 - Float($0 % 7) * 0.4 }
    }
}
