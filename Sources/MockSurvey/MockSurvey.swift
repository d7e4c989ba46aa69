import PhotozElementary

/// A survey of made-up galaxies as SDSS would see them: galaxy k is the same, to the bit, whatever else is made with
/// it, by whom, and on what processor.
public struct MockSurvey: Sendable {
    /// Pixels of an image: [band][y][x], bands u, g, r, i, z.
    public static let imageShape = [GalaxyImage.bands, GalaxyImage.size, GalaxyImage.size]

    /// Arcsec on a side of a pixel.
    public static let pixelScale = Telescope.pixel
    /// What images are divided by before the stretch, nanomaggies, band by band.
    public static let softening = Telescope.softening

    private let seed: UInt64
    private let catalog: Catalog?

    /// - Parameters:
    ///   - seed: Another one makes another survey.
    ///   - catalog: Galaxies whose redshifts and magnitudes are taken in turn; without one they are drawn from the
    ///     population of the SDSS main galaxy sample.
    public init(seed: UInt64, catalog: Catalog? = nil) {
        self.seed = seed
        self.catalog = catalog
    }

    /// Streams of random numbers of each galaxy.
    private enum Stream: UInt32 {
        case population, shape, noise
    }

    /// What the galaxy of a number truly is.
    public func galaxy(_ number: Int) -> MockGalaxy {
        var drawn = numbers(number, .population), form = numbers(number, .shape)
        let known = catalog.map { $0.rows[number % $0.rows.count] } ?? Population.sdssMainSample.draw(&drawn)
        return MockGalaxy(
            number: number, redshift: known.redshift, magnitudes: known.magnitudes,
            shape: MockGalaxy.Shape(of: known, &form))
    }

    /// Writes the image of a galaxy as the survey would publish it, asinh(flux / softening), with the noise of sky and
    /// source.
    ///
    /// - Parameters:
    ///   - galaxy: The galaxy.
    ///   - image: Room for ``imageShape``.
    public func observe(_ galaxy: MockGalaxy, into image: UnsafeMutableBufferPointer<Float>) {
        var light = GalaxyImage()
        light.draw(galaxy)
        var noise = numbers(galaxy.number, .noise)
        let vectors = GalaxyImage.size * GalaxyImage.size / 8
        for pair in 0..<light.pixels.count / 2 {
            let band = 2 * pair / vectors
            let (first, second) = NormalNumbers.sixteen(&noise)
            for (index, normal) in [(2 * pair, first), (2 * pair + 1, second)] {
                let pixel = Self.stretched(light.pixels[index], normal, band: band)
                for lane in 0..<8 { image[8 * index + lane] = Float(pixel[lane]) }
            }
        }
    }

    /// The light without noise and stretch, nanomaggies in a pixel, [band][y][x].
    package static func noiseFreeImage(of galaxy: MockGalaxy) -> [Double] {
        var light = GalaxyImage()
        light.draw(galaxy)
        return light.pixels.flatMap { pixel in (0..<8).map { pixel[$0] } }
    }

    private static func stretched(_ light: Lanes, _ normal: Lanes, band: Int) -> Lanes {
        let sky = Telescope.sky[band]
        let sigma = (sky * sky + light / Telescope.gain[band]).squareRoot()
        return Elementary.asinh((light + sigma * normal) / Telescope.softening[band])
    }

    private func numbers(_ number: Int, _ stream: Stream) -> CounterBasedNumbers {
        CounterBasedNumbers(seed: seed, galaxy: UInt64(number), stream: stream.rawValue)
    }
}
