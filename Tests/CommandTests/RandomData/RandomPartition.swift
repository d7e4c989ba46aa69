import CHDF5
import Foundation
import HDF5
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
    private(set) var story: [String] = []
    /// The data set that a run must refuse the file for.
    private(set) var faulty: String?
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
    private let folder: String
    private let outside: String
    private var numbers: SeededNumbers

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

    private mutating func chance(_ times: Int) -> Bool { Int.random(in: 0..<times, using: &numbers) == 0 }

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

    // MARK: Storage

    private mutating func number(floatsOnly: Bool) -> RawHDF5.Number {
        let isFloat = floatsOnly || !chance(4)
        return RawHDF5.Number(
            bits: (isFloat ? [16, 32, 64] : [8, 16, 32, 64]).randomElement(using: &numbers)!, isFloat: isFloat,
            isSigned: .random(using: &numbers), isBigEndian: .random(using: &numbers))
    }

    private mutating func layout(_ shape: [Int], _ number: RawHDF5.Number) -> RawHDF5.Layout {
        let size = shape.reduce(1, *) * number.bits / 8
        guard size > 0 else { return .contiguous }
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: return .contiguous
        case 1 where size < 60_000: return .compact
        default: return chunks(shape, number)
        }
    }

    private mutating func chunks(_ shape: [Int], _ number: RawHDF5.Number) -> RawHDF5.Layout {
        let chunk = shape.map { Int.random(in: 1...$0, using: &numbers) }
        var filters: [RawHDF5.Filter] = []
        let isSmall = chunk.reduce(1, *) < 32
        switch Int.random(in: 0..<7, using: &numbers) {
        case 0: filters = [.gzip]
        case 1: filters = [.shuffle, .gzip]
        case 2: filters = [.checksum]
        case 3: filters = [.shuffle, .gzip, .checksum]
        // What these two pack, they pack whole; half precision they do not know.
        case 4 where RawHDF5.has(.szip) && !isSmall && number.bits >= 32: filters = [.szip]
        case 5 where !number.isFloat: filters = [.scaleOffset]
        case 6 where number.bits >= 32: filters = [.nBit]
        default: break
        }
        return .chunked(chunk, filters, isResizable: .random(using: &numbers))
    }

    /// Writes a data set where a way to it, or its storage, is picked by chance, and then breaks it.
    private mutating func write(
        _ file: hid_t, _ name: String, _ shape: [Int], _ values: [Double], _ number: RawHDF5.Number, _ fault: Fault?
    ) {
        var layout = layout(shape, number)
        if let fault {
            faulty = name
            story.append("\(name): \(fault)")
        }
        switch fault {
        case .neverWritten:
            RawHDF5.write(
                file, name, shape: shape, values, number, chance(2) ? .contiguous : chunks(shape, number), written: 0)
            return
        case .lastChunksUnwritten:
            // A chunk of one row each, so that those of the last row have no bytes.
            let layout = RawHDF5.Layout.chunked([1] + shape.dropFirst(), [], isResizable: true)
            RawHDF5.write(file, name, shape: shape, values, number, layout, written: shape[0] - 1)
            return
        case .danglingLink:
            RawHDF5.link(file, soft: "/nowhere/\(name)", as: name)
            return
        case .sourceGone, .sourceShort, .gapInSources:
            writeVirtual(file, name, shape, values, number, fault)
            return
        case .rawFileShort:
            let path = "\(folder)/\(self.name)-\(name).raw"
            RawHDF5.write(file, name, shape: shape, values, number, .raw(path))
            truncate(path, off_t(values.count * number.bits / 8 - 1))
            return
        case .linkToPipe, .linkOutside:
            let other = fault == .linkOutside ? "\(outside)/\(self.name)-\(name).h5" : "\(self.name)-\(name).pipe"
            if fault == .linkToPipe {
                mkfifo("\(folder)/\(other)", 0o600)
            } else {
                RawHDF5.create(other) { RawHDF5.write($0, "x", shape: shape, values, number, layout) }
            }
            RawHDF5.link(file, external: "/x", of: other, as: name)
            return
        case .rawFileIsPipe, .rawFileOutside:
            let path = "\(fault == .rawFileOutside ? outside : folder)/\(self.name)-\(name).raw"
            RawHDF5.write(file, name, shape: shape, values, number, .raw(path))
            guard fault == .rawFileIsPipe else { return }
            unlink(path)
            mkfifo(path, 0o600)
            return
        case nil: break
        }
        guard count > 0 else {
            RawHDF5.write(file, name, shape: shape, values, number, layout)
            return
        }
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: writeVirtual(file, name, shape, values, number, nil)
        case 1:
            RawHDF5.write(RawHDF5.group(file, "g_" + name), name, shape: shape, values, number, layout)
            RawHDF5.link(file, soft: "/g_\(name)/\(name)", as: name)
            story.append("\(name): soft link")
        case 2:
            RawHDF5.write(RawHDF5.group(file, "g_" + name), "x", shape: shape, values, number, layout)
            RawHDF5.link(file, hard: "/g_\(name)/x", as: name)
        case 3:
            let other = "\(self.name)-\(name).data"
            RawHDF5.create("\(folder)/\(other)") { RawHDF5.write($0, "x", shape: shape, values, number, layout) }
            RawHDF5.link(file, external: "/x", of: other, as: name)
            story.append("\(name): external link")
        case 4:
            layout = .raw("\(folder)/\(self.name)-\(name).raw")
            fallthrough
        default: RawHDF5.write(file, name, shape: shape, values, number, layout)
        }
        story.append("\(name): \(shape) \(number) \(layout)")
    }

    /// A data set that is made of those of up to three other files.
    private mutating func writeVirtual(
        _ file: hid_t, _ name: String, _ shape: [Int], _ values: [Double], _ number: RawHDF5.Number, _ fault: Fault?
    ) {
        let row = shape.dropFirst().reduce(1, *)
        var parts: [(file: String, rows: Range<Int>)] = []
        var first = 0
        while first < shape[0] {
            let end = parts.count == 2 ? shape[0] : Int.random(in: first + 1...shape[0], using: &numbers)
            parts.append(("\(self.name)-\(name)-\(parts.count).part", first..<end))
            first = end
        }
        let broken = Int.random(in: 0..<parts.count, using: &numbers)
        for (index, part) in parts.enumerated() {
            if index == broken, fault == .sourceGone { continue }
            var rows = part.rows
            if index == broken, fault == .sourceShort { rows = rows.lowerBound..<rows.upperBound - 1 }
            let sizes = [rows.count] + shape.dropFirst()
            let mine = Array(values[rows.lowerBound * row..<rows.upperBound * row])
            let layout: RawHDF5.Layout = rows.isEmpty ? .contiguous : layout(sizes, number)
            RawHDF5.create("\(folder)/\(part.file)") { RawHDF5.write($0, name, shape: sizes, mine, number, layout) }
        }
        if fault == .gapInSources { parts.remove(at: broken) }
        if parts.isEmpty { parts = [("nowhere.part", 0..<1)] }
        RawHDF5.write(file, name, shape: shape, values, number, .virtual(parts))
        story.append("\(name): \(shape) \(number) virtual \(parts)")
    }
}

/// The galaxies of the mock survey that comes with the project.
struct Galaxies {
    private let images: [Float]
    private let magnitudes: [Double]
    private let redshifts: [Double]

    init() throws {
        let file = try File.open(Repository.galaxies)
        images = try file.dataset("images").readAll()
        magnitudes = try file.dataset("magnitudes").readAll()
        redshifts = try file.dataset("redshift").readAll()
    }

    func pixel(_ galaxy: Int, _ band: Int, _ pixel: Int) -> Double {
        Double(images[(galaxy % redshifts.count * 5 + band) * 1024 + pixel])
    }
    func magnitude(_ galaxy: Int, _ band: Int) -> Double { magnitudes[galaxy % redshifts.count * 5 + band] }
    func redshift(_ galaxy: Int) -> Double { redshifts[galaxy % redshifts.count] }
}
