import CHDF5
import TestSupport

/// A partition of some galaxies of the mock survey, stored in a way that chance picks, and what a run must make of it.
struct RandomPartition {
    /// What all partitions of one run have in common.
    struct Group: CustomStringConvertible {
        let isBandsLast: Bool
        let isCropped: Bool
        let hasColumns: Bool
        let identifiers: Identifiers

        enum Identifiers { case none, integers, strings }

        init(_ number: Int) {
            isBandsLast = number & 1 == 1
            isCropped = number & 2 == 2
            hasColumns = number & 4 == 4
            identifiers = [.integers, .strings, .none][number % 3]
        }

        /// Names of the magnitudes, one for each band or one for all.
        var magnitudes: [String] { hasColumns ? ["u", "g", "r", "i", "z"].map { "mag_" + $0 } : ["magnitudes"] }

        var options: [String] {
            (isBandsLast ? ["--layout", "nhwc"] : []) + (isCropped ? ["--crop"] : [])
                + (hasColumns ? ["--magnitudes", magnitudes.joined(separator: ",")] : [])
        }

        var description: String { "\(options) \(identifiers)" }
    }

    /// What is wrong with a data set, so that a run must refuse it.
    enum Fault: CaseIterable {
        case neverWritten, lastChunksUnwritten, danglingLink, sourceGone, sourceShort, gapInSources, rawFileShort
        case linkToPipe, rawFileIsPipe, linkOutside, rawFileOutside
    }

    let name: String
    let count: Int
    /// How everything is stored, for the message of a failed test.
    var story: [String] = []
    /// The data set that a run must refuse the file for.
    var faulty: String?
    /// What the run must find: the redshift of each galaxy, NaN where it is not known.
    private(set) var redshifts: [Float] = []
    /// Galaxies that lack a magnitude.
    private(set) var incomplete: Set<Int> = []
    /// A galaxy with a pixel that is no number.
    private(set) var odd: Int?
    /// The data set whose numbers are packed, which a run unpacks or refuses.
    private(set) var packed: String?
    /// Identifiers as text.
    private(set) var identifiers: [String] = []
    /// What the network sees: [galaxy, band, y, x] and [galaxy, band].
    private(set) var images: [Float] = []
    private(set) var magnitudes: [Double] = []

    private let group: Group
    let folder: String
    let outside: String
    var numbers: SeededNumbers

    /// Writes the partition and the files that it leads to.
    ///
    /// - Parameters:
    ///   - seed: Of all that is left to chance.
    ///   - group: Of the run that the partition is for.
    ///   - folder: The data folder.
    ///   - outside: Another folder.
    ///   - survey: Where galaxies come from.
    init(seed: Int, _ group: Group, in folder: String, outside: String, _ survey: Galaxies) {
        name = "\(seed).h5"
        self.group = group
        self.folder = folder
        self.outside = outside
        numbers = SeededNumbers(seed: UInt64(seed))
        count = Int.random(in: 0..<15, using: &numbers) == 0 ? 0 : Int.random(in: 1...9, using: &numbers)
        let fault =
            count > 0 && Int.random(in: 0..<3, using: &numbers) == 0
            ? Fault.allCases.randomElement(using: &numbers) : nil
        let columns = ["images"] + group.magnitudes + ["redshift"]
        let faulty = fault.flatMap { _ in columns.randomElement(using: &numbers) }
        RawHDF5.create(folder + "/" + name) { file in
            writeImages(file, survey, first: 3 * seed, faulty == "images" ? fault : nil)
            writeMagnitudes(file, survey, first: 3 * seed) { $0 == faulty ? fault : nil }
            writeRedshifts(file, survey, first: 3 * seed, faulty == "redshift" ? fault : nil)
            writeIdentifiers(file)
        }
    }

    mutating func chance(_ times: Int) -> Bool { Int.random(in: 0..<times, using: &numbers) == 0 }

    // MARK: Columns

    private mutating func writeImages(_ file: hid_t, _ survey: Galaxies, first: Int, _ fault: Fault?) {
        let number = number(floatsOnly: false)
        let side = group.isCropped ? 32 + Int.random(in: 0...5, using: &numbers) : 32
        let start = (side - 32) / 2
        // A number of its own for each pixel of the margin, so that a cut in another place shows.
        var wide = (0..<count * 5 * side * side).map { Double($0 % 97) }
        let factor = number.isFloat ? 1.0 : 20
        for plane in 0..<count * 5 {
            for pixel in 0..<1024 {
                let value = number.stored(survey.pixel(first + plane / 5, plane % 5, pixel) * factor)
                wide[(plane * side + start + pixel / 32) * side + start + pixel % 32] = value
                images.append(Float(value))
            }
        }
        wide = wide.map { number.stored($0) }
        if number.isFloat, count > 0, chance(8) {
            let galaxy = Int.random(in: 0..<count, using: &numbers)
            wide[(galaxy * 5 * side + start) * side + start] = [.nan, .infinity].randomElement(using: &numbers)!
            odd = galaxy
            story.append("galaxy \(galaxy): a pixel is not finite")
        }
        var shape = [count, 5, side, side]
        if group.isBandsLast {
            shape = [count, side, side, 5]
            let planes = wide
            for place in wide.indices {
                let (galaxy, pixel, band) = (place / (5 * side * side), place / 5 % (side * side), place % 5)
                wide[place] = planes[(galaxy * 5 + band) * side * side + pixel]
            }
        }
        write(file, "images", shape, wide, number, fault)
        guard fault == nil, !number.isFloat, chance(4) else { return }
        RawHDF5.setAttribute(file, "images", "scale_factor", 0.5)
        RawHDF5.setAttribute(file, "images", "add_offset", 0.25)
        images = images.map { $0 * 0.5 + 0.25 }
        packed = "images"
        story.append("images: packed")
    }

    private mutating func writeMagnitudes(
        _ file: hid_t, _ survey: Galaxies, first: Int, _ fault: (String) -> Fault?
    ) {
        let types = group.magnitudes.map { _ in number(floatsOnly: true) }
        magnitudes = (0..<count * 5).map { place in
            types[group.hasColumns ? place % 5 : 0].stored(survey.magnitude(first + place / 5, place % 5))
        }
        var stored = magnitudes
        // What catalogues write where nothing was measured, and what cannot be a magnitude.
        let sentinels = [-99, 99, -99.9, 99.9, -9999, .nan, .infinity, -.infinity, 1e30, -999, 999]
        for galaxy in 0..<count where chance(6) {
            incomplete.insert(galaxy)
            let place = galaxy * 5 + Int.random(in: 0..<5, using: &numbers)
            stored[place] = types[group.hasColumns ? place % 5 : 0].stored(sentinels.randomElement(using: &numbers)!)
            story.append("galaxy \(galaxy): \(stored[place])")
        }
        for (index, name) in group.magnitudes.enumerated() {
            let column = group.hasColumns ? (0..<count).map { stored[$0 * 5 + index] } : stored
            write(file, name, group.hasColumns ? [count] : [count, 5], column, types[index], fault(name))
        }
    }

    private mutating func writeRedshifts(_ file: hid_t, _ survey: Galaxies, first: Int, _ fault: Fault?) {
        let number = number(floatsOnly: true)
        var stored = (0..<count).map { number.stored(survey.redshift(first + $0)) }
        redshifts = stored.map { Float($0) }
        for galaxy in 0..<count where chance(6) {
            stored[galaxy] = number.stored([-99, .nan, -9999, 999, -1, -9, 1e30].randomElement(using: &numbers)!)
            redshifts[galaxy] = .nan
        }
        write(file, "redshift", [count], stored, number, fault)
    }

    private mutating func writeIdentifiers(_ file: hid_t) {
        switch group.identifiers {
        case .none: break
        case .integers:
            let number = RawHDF5.Number(
                bits: [16, 32, 64].randomElement(using: &numbers)!, isFloat: false,
                isSigned: .random(using: &numbers), isBigEndian: .random(using: &numbers))
            let values = (0..<count).map { number.stored(Double(1000 * $0) + 7) }
            identifiers = values.map { "\(Int($0))" }
            write(file, "object_id", [count], values, number, nil)
        case .strings:
            identifiers = (0..<count).map { "J\($0)-ü" }
            let length = 6 + Int.random(in: 0...5, using: &numbers)
            RawHDF5.write(file, "object_id", identifiers, length: length, isPadded: .random(using: &numbers))
        }
    }
}
