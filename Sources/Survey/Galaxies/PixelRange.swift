/// The faintest and the brightest pixel of one band of an image, and what they say about it.
struct PixelRange {
    /// So many pixels that are exactly as bright as the brightest one are no chance.
    static let plateau = 8

    /// Patterns of the two numbers that compare as the numbers do.
    private let lowKey: Int32
    private let highKey: Int32

    /// The faintest pixel.
    var low: Float { Self.number(lowKey) }
    /// The brightest pixel.
    var high: Float { Self.number(highKey) }
    /// Whether no pixel is infinite or no number.
    var isFinite: Bool { lowKey > Self.key(-.infinity) && highKey < Self.key(.infinity) }
    /// Whether all pixels are 0.
    var isBlank: Bool { low == 0 && high == 0 }
    /// Whether all pixels are one number.
    var isConstant: Bool { low == high }

    /// Looks at the pixels of a band, one at least.
    ///
    /// Integers keep the loop free of an order of comparisons, which what is no number would ask for: it is vectorised.
    init(_ pixels: UnsafeBufferPointer<Float>) {
        var (low, high) = (Int32.max, Int32.min)
        for pixel in pixels {
            let key = Self.key(pixel)
            low = key < low ? key : low
            high = key > high ? key : high
        }
        (lowKey, highKey) = (low, high)
    }

    /// Whether many pixels are exactly as bright as the brightest one, and most of them side by side: not the chance
    /// meetings of whole numbers in a faint image.
    func isSaturated(_ pixels: UnsafeBufferPointer<Float>, width: Int) -> Bool {
        // Patterns are compared, which is twice as fast as numbers.
        let (brightest, pattern) = (high, high.bitPattern)
        var count: UInt32 = 0
        for pixel in pixels { count &+= pixel.bitPattern == pattern ? 1 : 0 }
        guard count >= Self.plateau, !isConstant else { return false }
        var inRuns = 0
        for place in pixels.indices where pixels[place] == brightest {
            let hasLeft = place % width > 0 && pixels[place - 1] == brightest
            let hasRight = place % width < width - 1 && pixels[place + 1] == brightest
            if hasLeft || hasRight { inRuns += 1 }
        }
        return inRuns >= Self.plateau && 2 * inRuns >= Int(count)
    }

    /// What of these pixels is odd in itself.
    func flags(_ pixels: UnsafeBufferPointer<Float>, width: Int) -> GalaxyFlags {
        if !isFinite { return .imageNotFinite }
        if isBlank { return .imageBlank }
        if isConstant { return .imageConstant }
        return isSaturated(pixels, width: width) ? .imageSaturated : []
    }

    /// A number's pattern, with the order of negative ones turned around; what is no number stands beyond the
    /// infinities.
    private static func key(_ number: Float) -> Int32 {
        let bits = Int32(bitPattern: number.bitPattern)
        return bits ^ (bits >> 31 & 0x7fff_ffff)
    }

    private static func number(_ key: Int32) -> Float {
        Float(bitPattern: UInt32(bitPattern: key ^ (key >> 31 & 0x7fff_ffff)))
    }
}
