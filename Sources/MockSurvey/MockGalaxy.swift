import PhotozElementary

/// Apparent magnitudes, m = 22.5 - 2.5 log10 of the flux in nanomaggies.
public struct Magnitudes: Sendable, Equatable, BitwiseCopyable {
    /// In the bands of SDSS.
    public var u, g, r, i, z: Double

    package init(u: Double, g: Double, r: Double, i: Double, z: Double) {
        (self.u, self.g, self.r, self.i, self.z) = (u, g, r, i, z)
    }

    /// In the order of the bands.
    public var inOrder: [Double] { [u, g, r, i, z] }
}

/// What a galaxy truly is: everything that its noise-free image follows from.
public struct MockGalaxy: Sendable, Equatable {
    /// Its number in the survey, from 0.
    public var number: Int
    /// Spectroscopic redshift.
    public var redshift: Double
    /// Total light.
    public var magnitudes: Magnitudes
    /// Its form on the sky.
    public var shape: Shape

    package init(number: Int, redshift: Double, magnitudes: Magnitudes, shape: Shape) {
        (self.number, self.redshift, self.magnitudes, self.shape) = (number, redshift, magnitudes, shape)
    }

    /// A disc (exponential) and a bulge (de Vaucouleurs), both elliptical, with centre and position angle in common.
    public struct Shape: Sendable, Equatable {
        /// A part of the galaxy.
        public struct Component: Sendable, Equatable, BitwiseCopyable {
            /// Effective radius along the major axis, arcsec.
            public var effectiveRadius: Double
            /// Minor over major axis.
            public var axisRatio: Double

            package init(effectiveRadius: Double, axisRatio: Double) {
                (self.effectiveRadius, self.axisRatio) = (effectiveRadius, axisRatio)
            }
        }

        /// Share of the light in r in the de Vaucouleurs profile as it was drawn, 0.02 to 1; what the bulge has of it
        /// is in ``bulgeToTotal``.
        public var deVaucouleursFraction: Double
        /// The bulge's share of the light in each band, u, g, r, i, z: at most 0.95.
        public var bulgeToTotal: [Double]
        /// The two parts.
        public var disc, bulge: Component
        /// From the x axis to the major axis, radian, 0 to π.
        public var positionAngle: Double
        /// Centre, pixels from the middle of the first one.
        public var x, y: Double

        package init(
            deVaucouleursFraction: Double, bulgeToTotal: [Double], disc: Component, bulge: Component,
            positionAngle: Double, x: Double, y: Double
        ) {
            precondition(bulgeToTotal.count == GalaxyImage.bands, "a share in each band")
            (self.deVaucouleursFraction, self.bulgeToTotal) = (deVaucouleursFraction, bulgeToTotal)
            (self.disc, self.bulge) = (disc, bulge)
            (self.positionAngle, self.x, self.y) = (positionAngle, x, y)
        }
    }
}

extension MockGalaxy.Shape {
    /// Of the disc's effective radius.
    private static let bulgeRadius = 0.5
    /// Of the light in any band: a galaxy is never without a disc.
    private static let mostBulge = 0.95

    /// A form that goes with magnitudes and redshift: red galaxies have more of a bulge, faint ones are smaller, and
    /// bulges have the colours of the red sequence at the galaxy's redshift, discs what is left of the light.
    init(of galaxy: Catalog.Row, _ numbers: inout CounterBasedNumbers) {
        let magnitudes = galaxy.magnitudes
        let normal = NormalNumbers.eight(&numbers)
        let redness = 1 / (1 + Elementary.exp(-(magnitudes.u - magnitudes.r - 2.2) / 0.15))
        deVaucouleursFraction = min(max(0.7 * redness + 0.15 * normal[0], 0.02), 1)
        let colours = RedSequence.colours(at: galaxy.redshift) + RedSequence.scatter * normal.highHalf
        bulgeToTotal = Self.bulgeToTotal(inR: deVaucouleursFraction, colours: colours, of: magnitudes)
        let logarithm = 0.42 - 0.10 * (magnitudes.r - 17) + 0.15 * normal[1]
        let radius = min(max(Elementary.power10(logarithm), 0.5), 8)
        let middle = Double(GalaxyImage.size - 1) / 2
        x = middle + 0.3 * normal[2]
        y = middle + 0.3 * normal[3]
        positionAngle = Double.pi * numbers.uniform()
        let axisRatio = max(BetaDistribution.draw(4, 2.5, &numbers), 0.15)
        disc = Component(effectiveRadius: radius, axisRatio: axisRatio)
        // Nearer to a sphere than the disc is to a circle.
        bulge = Component(effectiveRadius: Self.bulgeRadius * radius, axisRatio: axisRatio.squareRoot())
    }

    /// The bulge's share of the light in each band.
    ///
    /// - Parameters:
    ///   - fraction: Its share in r.
    ///   - colours: Its u - g, g - r, r - i and i - z.
    ///   - whole: Magnitudes of the galaxy.
    private static func bulgeToTotal(inR fraction: Double, colours: SIMD4<Double>, of whole: Magnitudes) -> [Double] {
        // Magnitudes less that in r.
        let bulge = [colours[0] + colours[1], colours[1], 0, -colours[2], -colours[2] - colours[3]]
        var excess = Lanes()
        for (band, magnitude) in whole.inOrder.enumerated() { excess[band] = bulge[band] - (magnitude - whole.r) }
        let ratio = Elementary.power10(-0.4 * excess)
        return bulge.indices.map { min(fraction * ratio[$0], mostBulge) }
    }
}
