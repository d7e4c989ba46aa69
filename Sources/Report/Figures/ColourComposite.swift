import Glibc

/// A picture of a galaxy in colours: three bands, brought together by an asinh of their mean, which keeps colours where
/// single bands would saturate (Lupton et al. 2004, PASP 116, 133).
enum ColourComposite {
    /// Sides of a picture; larger images are averaged down to it.
    private static let largest = 64

    /// The bands for red, green and blue: the middle one and its neighbours, the reddest first.
    static func bands(of count: Int) -> (red: Int, green: Int, blue: Int) {
        let middle = count / 2
        return (min(middle + 1, count - 1), middle, max(middle - 1, 0))
    }

    /// - Parameters:
    ///   - image: [bands, size, size]
    ///   - softening: Nanomaggies of each band that pixels are an asinh of; nil for pixels in proportion to flux.
    /// - Returns: Nil for an image with a pixel that is not finite.
    static func picture(_ image: [Float], bands: Int, size: Int, softening: [Double]?) -> Picture? {
        guard bands > 0, size > 0, image.count == bands * size * size, image.allSatisfy(\.isFinite) else { return nil }
        let chosen = Self.bands(of: bands)
        let step = (size + largest - 1) / largest
        let side = size / step
        let channels = [chosen.red, chosen.green, chosen.blue].map { band in
            let pixels = image[band * size * size..<(band + 1) * size * size].map { pixel in
                softening.map { $0[band] * sinh(min(max(Double(pixel), -80), 80)) } ?? Double(pixel)
            }
            return averaged(pixels, size, step, side)
        }
        return Picture(width: side, height: side, pixels: stretched(channels, side * side))
    }

    private static func averaged(_ pixels: [Double], _ size: Int, _ step: Int, _ side: Int) -> [Double] {
        guard step > 1 else { return pixels }
        return (0..<side * side).map { place in
            let (row, column) = (place / side * step, place % side * step)
            let sum = (0..<step * step).reduce(0) { $0 + pixels[(row + $1 / step) * size + column + $1 % step] }
            return sum / Double(step * step)
        }
    }

    private static func stretched(_ channels: [[Double]], _ count: Int) -> [UInt8] {
        let sky = channels.map { channel in channel.sorted()[count / 2] }
        let light = (0..<count).map { place in
            zip(channels, sky).reduce(0) { $0 + $1.0[place] - $1.1 } / Double(channels.count)
        }
        let sorted = light.sorted()
        // Half of the pixels are sky, and scatter around 0.
        let noise = max(sorted[count / 2] - sorted[count / 6], 0)
        let brightest = sorted[count - 1 - count / 500]
        let soft = max(2 * noise, brightest / 50, .leastNormalMagnitude)
        let scale = asinh(max(brightest, soft) / soft)
        return (0..<count).flatMap { place -> [UInt8] in
            // What is fainter than the sky is black.
            let bright = light[place]
            let factor = abs(bright) > 1e-3 * soft ? asinh(bright / soft) / scale / bright : 1 / (scale * soft)
            let colours = zip(channels, sky).map { channel, sky in
                let value = (channel[place] - sky) * factor
                return value > 0 ? min(value, 1e9) : 0
            }
            // A pixel that is too bright keeps its colour.
            let most = max(colours.max() ?? 0, 1)
            return colours.map { UInt8(255 * $0 / most) }
        }
    }
}
