/// What is odd about a galaxy and its redshift: one bit for each thing, as `flags` of `predictions.h5` stores them.
public struct GalaxyFlags: OptionSet, Sendable, BitwiseCopyable {
    /// The bits.
    public let rawValue: UInt32

    /// The flags of such bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A magnitude was not measured: no number, or a sentinel such as -99 or -9999. There is no prediction.
    public static let magnitudeNotObserved = GalaxyFlags(rawValue: 1 << 0)
    /// A magnitude was looked for and not found: infinite, 99 or another number from 90. There is no prediction.
    public static let magnitudeNotDetected = GalaxyFlags(rawValue: 1 << 1)
    /// A magnitude lies outside of the range that the network was trained on.
    public static let magnitudeOutside = GalaxyFlags(rawValue: 1 << 2)
    /// A colour, the difference of neighbouring magnitudes, lies outside of that range.
    public static let colourOutside = GalaxyFlags(rawValue: 1 << 3)
    /// The faintest or brightest pixel of a band lies outside of that range.
    public static let imageOutside = GalaxyFlags(rawValue: 1 << 4)
    /// All pixels of a band are 0.
    public static let imageBlank = GalaxyFlags(rawValue: 1 << 5)
    /// All pixels of a band are the same number, but not 0.
    public static let imageConstant = GalaxyFlags(rawValue: 1 << 6)
    /// Many pixels of a band are exactly as bright as its brightest one, as when a detector or a type is full.
    public static let imageSaturated = GalaxyFlags(rawValue: 1 << 7)
    /// The image holds infinities or what is no number; the galaxy was left out.
    public static let imageNotFinite = GalaxyFlags(rawValue: 1 << 8)
    /// The spectroscopic redshift is not known, or is none.
    public static let redshiftMissing = GalaxyFlags(rawValue: 1 << 9)
    /// The spectroscopic redshift lies outside of the range that the network was trained on.
    public static let redshiftOutside = GalaxyFlags(rawValue: 1 << 10)
    /// The predicted redshift lies outside of that range.
    public static let predictionOutside = GalaxyFlags(rawValue: 1 << 11)
    /// The network's answer was not a finite number. There is no prediction.
    public static let predictionNotFinite = GalaxyFlags(rawValue: 1 << 12)
    /// The row could not be used and was left out.
    public static let skipped = GalaxyFlags(rawValue: 1 << 13)
    /// The galaxy lies outside of what the calibration's labelled galaxies cover: nothing vouches for its distribution.
    public static let calibrationOutside = GalaxyFlags(rawValue: 1 << 14)

    /// The name of each bit, from the lowest.
    public static let names = [
        "magnitude_not_observed", "magnitude_not_detected", "magnitude_outside", "colour_outside", "image_outside",
        "image_blank", "image_constant", "image_saturated", "image_not_finite", "redshift_missing", "redshift_outside",
        "prediction_outside", "prediction_not_finite", "skipped", "calibration_outside",
    ]

    /// A magnitude is missing, for either reason.
    public static let magnitudeMissing: GalaxyFlags = [.magnitudeNotObserved, .magnitudeNotDetected]
    /// What the network is given lies outside of what it was trained on.
    public static let inputOutside: GalaxyFlags = [.magnitudeOutside, .colourOutside, .imageOutside]
    /// The image is no picture of a galaxy.
    public static let imageAtFault: GalaxyFlags = [.imageBlank, .imageConstant, .imageSaturated, .imageNotFinite]
}

/// How many galaxies have each flag; plain numbers, which ranks can add up.
public struct FlagCounts: Sendable, Equatable {
    /// Galaxies.
    public private(set) var galaxies = 0
    /// For each flag, from the lowest bit.
    public private(set) var each = [Int](repeating: 0, count: GalaxyFlags.names.count)
    /// Galaxies that lack a magnitude, for either reason.
    public private(set) var magnitudeMissing = 0
    /// Galaxies of which anything that the network is given lies outside of its training.
    public private(set) var inputOutside = 0
    /// Galaxies whose image is no picture of a galaxy.
    public private(set) var imageAtFault = 0

    /// No galaxies.
    public init() {}

    /// What ``numbers`` gave.
    public init(_ numbers: [Int]) {
        each = Array(numbers[4...])
        (galaxies, magnitudeMissing, inputOutside, imageAtFault) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }

    /// All counts in one array.
    public var numbers: [Int] { [galaxies, magnitudeMissing, inputOutside, imageAtFault] + each }

    /// Galaxies with a flag.
    public subscript(flag: GalaxyFlags) -> Int { each[flag.rawValue.trailingZeroBitCount] }

    /// Counts a galaxy.
    public mutating func add(_ flags: GalaxyFlags) {
        galaxies += 1
        var rest = flags.rawValue
        while rest != 0 {
            each[rest.trailingZeroBitCount] += 1
            rest &= rest - 1
        }
        magnitudeMissing += flags.isDisjoint(with: .magnitudeMissing) ? 0 : 1
        inputOutside += flags.isDisjoint(with: .inputOutside) ? 0 : 1
        imageAtFault += flags.isDisjoint(with: .imageAtFault) ? 0 : 1
    }
}
