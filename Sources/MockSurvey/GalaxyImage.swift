import PhotozElementary

/// How the telescope of the mock survey sees: SDSS at median seeing, bands u, g, r, i, z.
enum Telescope {
    /// Arcsec on a side of a pixel.
    static let pixel = 0.396
    /// Variance of the Gaussian point-spread function, arcsec²: that of 1.53, 1.44, 1.32, 1.26 and 1.29 arcsec of full
    /// width at half maximum.
    static let seeing = [1.53, 1.44, 1.32, 1.26, 1.29].map { ($0 / 2.3548) * ($0 / 2.3548) }
    /// Standard deviation of the sky's noise, nanomaggies in a pixel.
    static let sky = [0.060, 0.025, 0.035, 0.050, 0.160]
    /// Counts from the source for a nanomaggy.
    static let gain = [60.0, 170, 170, 150, 40]
    /// Images are stored as asinh(flux / softening); nanomaggies.
    static let softening = [0.10, 0.05, 0.05, 0.08, 0.25]
}

/// The light of a galaxy on the pixels: [band][y][x], nanomaggies.
struct GalaxyImage {
    static let size = 32
    static let bands = 5
    static let count = bands * size * size
    private static let vectors = size / 8

    private(set) var pixels = [Lanes](repeating: Lanes(), count: count / 8)

    /// The noise-free image of a galaxy, replacing the one before.
    ///
    /// Each profile is a mixture of Gaussians (Hogg & Lang 2013, PASP 125, 719, "lux" and "luv"), to which the
    /// point-spread function only adds its variance; light is taken at the middle of each pixel.
    mutating func draw(_ galaxy: MockGalaxy) {
        for index in pixels.indices { pixels[index] = Lanes() }
        let shape = galaxy.shape
        let turn = Orientation(angle: shape.positionAngle)
        for (band, magnitude) in galaxy.magnitudes.inOrder.enumerated() {
            let flux = Elementary.power10(-0.4 * (magnitude - 22.5))
            let bulge = shape.bulgeToTotal[band]
            let parts = [
                (shape.disc, Profile.exponential, 1 - bulge), (shape.bulge, Profile.deVaucouleurs, bulge),
            ]
            for (component, profile, share) in parts {
                for (amplitude, variance) in profile.gaussians {
                    let major = component.effectiveRadius * component.effectiveRadius * variance
                    let gaussian = Gaussian(
                        flux: flux * share * amplitude, major: major + Telescope.seeing[band],
                        minor: major * component.axisRatio * component.axisRatio + Telescope.seeing[band], turn)
                    add(gaussian, x: shape.x, y: shape.y, band: band)
                }
            }
        }
    }

    /// Along a row, and from row to row, the exponent is a polynomial of the second degree: its exponential follows
    /// from the pixel before by two products, eight pixels at a time.
    private mutating func add(_ gaussian: Gaussian, x: Double, y: Double, band: Int) {
        var columns = Lanes()
        for lane in 0..<8 { columns[lane] = Double(lane) }
        let (dx, dy) = ((columns - x) * Telescope.pixel, -y * Telescope.pixel)
        let (step, up) = (8 * Telescope.pixel, Telescope.pixel)
        let (xx, xy, yy) = (gaussian.xx, gaussian.xy, gaussian.yy)
        // Exponents at the first row, and what they grow by: to the right, and then upwards.
        var start = gaussian.peak * Elementary.exp(-0.5 * (xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy))
        var right = Elementary.exp(-(xx * step * (dx + 0.5 * step) + xy * step * dy))
        var above = Elementary.exp(-(yy * up * (dy + 0.5 * up) + xy * up * dx))
        let steps = Elementary.exp(Lanes(-xx * step * step, -yy * up * up, -xy * step * up, 0, 0, 0, 0, 0))
        pixels.withUnsafeMutableBufferPointer { pixels in
            var index = band * Self.size * Self.vectors
            for _ in 0..<Self.size {
                var (light, ratio) = (start, right)
                for _ in 0..<Self.vectors {
                    pixels[index] += light
                    light *= ratio
                    ratio *= steps[0]
                    index += 1
                }
                start *= above
                above *= steps[1]
                right *= steps[2]
            }
        }
    }
}

/// Sine and cosine of a position angle.
private struct Orientation {
    let sine, cosine: Double

    /// - Parameter angle: 0 to π.
    init(angle: Double) {
        // Twice over, the angle is within half a turn, and a quarter of that is what the series take.
        let (s, c) = Elementary.sineAndCosine(Lanes(repeating: angle / 4))
        let (s2, c2) = (2 * s[0] * c[0], c[0] * c[0] - s[0] * s[0])
        sine = 2 * s2 * c2
        cosine = c2 * c2 - s2 * s2
    }
}

/// An elliptical Gaussian: `peak` at its centre, and exp(-(xx dx² + 2 xy dx dy + yy dy²)/2) of it elsewhere (arcsec).
private struct Gaussian {
    let peak, xx, xy, yy: Double

    /// - Parameters:
    ///   - flux: Nanomaggies in all; the peak is that in one pixel.
    ///   - major: Variance along the major axis, arcsec².
    ///   - minor: Variance along the minor axis, arcsec².
    init(flux: Double, major: Double, minor: Double, _ turn: Orientation) {
        peak = flux * Telescope.pixel * Telescope.pixel / (2 * Double.pi * (major * minor).squareRoot())
        let (a, b, c, s) = (1 / major, 1 / minor, turn.cosine, turn.sine)
        xx = c * c * a + s * s * b
        xy = c * s * (a - b)
        yy = s * s * a + c * c * b
    }
}
