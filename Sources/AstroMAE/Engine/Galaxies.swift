/// Galaxies in the caller's memory, one behind another, on their way through the network.
struct Galaxies {
    /// [count, bands, imageSize, imageSize]
    let images: UnsafePointer<Float>
    /// [count, bands]
    let magnitudes: UnsafePointer<Float>
    /// [count], written.
    let redshifts: UnsafeMutablePointer<Float>
    let count: Int
    /// The place of the first one among those that go through the heads together.
    var place = 0

    /// Some of them.
    func part(_ range: Range<Int>, _ shape: NetworkShape) -> Galaxies {
        Galaxies(
            images: images + range.lowerBound * shape.imageCount,
            magnitudes: magnitudes + range.lowerBound * shape.magnitudeCount, redshifts: redshifts + range.lowerBound,
            count: range.count, place: range.lowerBound)
    }

    /// All of them, at most `most` at a time.
    func parts(of most: Int, _ shape: NetworkShape) -> some Sequence<Galaxies> {
        (0..<count).parts(of: most).lazy.map { part($0, shape) }
    }
}

extension Range<Int> {
    /// The range in parts of `length`, the last one perhaps shorter.
    func parts(of length: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: length).map { $0..<Swift.min($0 + length, upperBound) }
    }
}
