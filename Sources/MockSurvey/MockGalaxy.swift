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

    /// An elliptical exponential and de Vaucouleurs profile with centre, axis ratio and position angle in common.
    public struct Shape: Sendable, Equatable {
        /// Share of the light in the de Vaucouleurs part, 0 to 1.
        public var deVaucouleursFraction: Double
        /// Effective radius along the major axis, arcsec.
        public var effectiveRadius: Double
        /// Minor over major axis.
        public var axisRatio: Double
        /// From the x axis to the major axis, radian, 0 to π.
        public var positionAngle: Double
        /// Centre, pixels from the middle of the first one.
        public var x, y: Double

        package init(
            deVaucouleursFraction: Double, effectiveRadius: Double, axisRatio: Double, positionAngle: Double, x: Double,
            y: Double
        ) {
            (self.deVaucouleursFraction, self.effectiveRadius) = (deVaucouleursFraction, effectiveRadius)
            (self.axisRatio, self.positionAngle, self.x, self.y) = (axisRatio, positionAngle, x, y)
        }
    }
}

extension MockGalaxy.Shape {
    /// A form that goes with the magnitudes: red galaxies have more of a de Vaucouleurs profile, faint ones are
    /// smaller.
    init(of magnitudes: Magnitudes, _ numbers: inout CounterBasedNumbers) {
        let normal = NormalNumbers.eight(&numbers)
        let redness = 1 / (1 + Elementary.exp(-(magnitudes.u - magnitudes.r - 2.2) / 0.15))
        deVaucouleursFraction = min(max(0.7 * redness + 0.15 * normal[0], 0), 1)
        let logarithm = 0.42 - 0.10 * (magnitudes.r - 17) + 0.15 * normal[1]
        effectiveRadius = min(max(Elementary.power10(logarithm), 0.5), 8)
        let middle = Double(GalaxyImage.size - 1) / 2
        x = middle + 0.3 * normal[2]
        y = middle + 0.3 * normal[3]
        positionAngle = Double.pi * numbers.uniform()
        axisRatio = max(BetaDistribution.draw(4, 2.5, &numbers), 0.15)
    }
}
