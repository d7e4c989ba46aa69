import MockSurvey

/// What is true of the form of mock galaxies, as a data set of a partition.
struct MockTruth: Sendable {
    /// Of the data set.
    let name: String
    /// As astropy reads them: `""` for what has none.
    let units: String
    let meaning: String
    /// Numbers of a galaxy; empty for a single one.
    let rowShape: [Int]
    /// The numbers of a galaxy.
    let values: @Sendable (MockGalaxy.Shape) -> [Double]

    private init(
        _ name: String, units: String, rowShape: [Int] = [], _ meaning: String,
        _ values: @escaping @Sendable (MockGalaxy.Shape) -> [Double]
    ) {
        (self.name, self.units, self.meaning) = (name, units, meaning)
        (self.rowShape, self.values) = (rowShape, values)
    }

    static let all =
        light + components + [
            MockTruth("theta", units: "radian", "position angle, from the x axis to the major axis") {
                [$0.positionAngle]
            },
            MockTruth("x0", units: "pixel", "centre along x; 0 is the middle of the first pixel") { [$0.x] },
            MockTruth("y0", units: "pixel", "centre along y; 0 is the middle of the first pixel") { [$0.y] },
        ]

    private static let light = [
        MockTruth("f_dev", units: "", "share of the de Vaucouleurs profile in r as drawn; f_bulge stops at 0.95") {
            [$0.deVaucouleursFraction]
        },
        MockTruth(
            "f_bulge", units: "", rowShape: [MockSurvey.imageShape[0]],
            "bulge-to-total ratio of the light in each band, u g r i z"
        ) { $0.bulgeToTotal },
    ]

    private static let components = [
        MockTruth("r_eff_disc", units: "arcsec", "effective radius of the disc along its major axis") {
            [$0.disc.effectiveRadius]
        },
        MockTruth("r_eff_bulge", units: "arcsec", "effective radius of the bulge along its major axis") {
            [$0.bulge.effectiveRadius]
        },
        MockTruth("q_disc", units: "", "axis ratio of the disc, minor over major") { [$0.disc.axisRatio] },
        MockTruth("q_bulge", units: "", "axis ratio of the bulge, minor over major") { [$0.bulge.axisRatio] },
    ]
}
