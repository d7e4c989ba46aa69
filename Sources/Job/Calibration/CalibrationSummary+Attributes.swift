import AstroMAE
import FoundationEssentials
import HDF5
import PhotozDistributions
import PhotozMachine

/// The summary as attributes of a file.
extension CalibrationSummary {
    private enum Name {
        static let format = "format", formatVersion = "format_version", version = "photoz_version"
        static let created = "created", weights = "weights_sha256", precision = "precision"
        static let instructionSet = "instruction_set", views = "views", bandCount = "band_count", bands = "bands"
        static let range = "magnitude_range", missing = "missing_values", method = "method", cells = "cells"
        static let labelled = "labelled", labelledHash = "labelled_sha256", galaxies = "galaxies"
        static let noMagnitude = "without_magnitude", noPrediction = "without_prediction"
        static let noRedshift = "without_redshift", heldOut = "held_out_check", trained = "trained_on"
        static let reweighting = "reweighting", skipped = "skipped"
    }

    /// Writes it to the root of a file.
    ///
    /// - Throws: `HDF5Error` when it cannot be written.
    func write(to file: File) throws {
        try file.setAttribute(Name.format, CalibrationFile.format)
        try file.setAttribute(Name.formatVersion, CalibrationFile.formatVersion)
        try file.setAttribute(Name.version, version)
        try file.setAttribute(Name.created, created)
        try file.setAttribute(Name.weights, weightsHash)
        try file.setAttribute(Name.precision, precision)
        try file.setAttribute(Name.instructionSet, instructionSet)
        try file.setAttribute(Name.views, views)
        try file.setAttribute(Name.bandCount, bands)
        if let bandNames { try file.setAttribute(Name.bands, bandNames) }
        try file.setAttribute(Name.range, [missing.low, missing.high])
        try file.setAttribute(Name.missing, missing.others)
        try file.setAttribute(Name.method, method.rawValue)
        try file.setAttribute(Name.cells, cells)
        try file.setAttribute(Name.galaxies, counts.galaxies)
        try file.setAttribute(Name.labelled, counts.labelled)
        try file.setAttribute(Name.noMagnitude, counts.withoutMagnitude)
        try file.setAttribute(Name.noPrediction, counts.withoutPrediction)
        try file.setAttribute(Name.noRedshift, counts.withoutRedshift)
        try file.setAttribute(Name.skipped, counts.skipped)
        try file.setAttribute(Name.labelledHash, labelledHash)
        if let heldOut { try file.setAttribute(Name.heldOut, jsonLine(heldOut)) }
        if let trained { try file.setAttribute(Name.trained, jsonLine(trained)) }
        if let reweighting { try file.setAttribute(Name.reweighting, jsonLine(reweighting)) }
    }

    /// Reads it, and checks it as what anybody may have written.
    ///
    /// - Throws: ``JobError`` with code 65 that names the attribute, `HDF5Error` when one is missing or cannot be read.
    init(_ file: File) throws {
        let formatVersion = try file.attribute(Name.formatVersion, as: Int.self)
        guard try file.attributeString(Name.format) == CalibrationFile.format else {
            throw Self.fault(file, Name.format, "is not \"\(CalibrationFile.format)\"")
        }
        guard formatVersion == CalibrationFile.formatVersion else {
            throw Self.fault(
                file, Name.formatVersion,
                "is \(formatVersion); this program reads version \(CalibrationFile.formatVersion)")
        }
        version = try Self.word(file, Name.version)
        created = try Self.word(file, Name.created)
        weightsHash = try Self.hash(file, Name.weights)
        labelledHash = try Self.hash(file, Name.labelledHash)
        precision = try file.attributeString(Name.precision)
        guard Precision(rawValue: precision) != nil else {
            throw Self.fault(file, Name.precision, "is no precision of this program")
        }
        instructionSet = try Self.word(file, Name.instructionSet)
        views = try Self.count(file, Name.views, 1...8)
        let bands = try Self.count(file, Name.bandCount, 1...Int(Int32.max))
        let names = file.hasAttribute(Name.bands) ? try file.attributeStrings(Name.bands) : nil
        guard names.map({ $0.count == bands && $0.allSatisfy(Self.isWord) }) ?? true else {
            throw Self.fault(file, Name.bands, "does not name \(bands) bands")
        }
        (self.bands, bandNames) = (bands, names)
        let range = try file.attributeNumbers(Name.range, as: Float.self)
        guard range.count == 2, range[0] < range[1] else { throw Self.fault(file, Name.range, "is no range") }
        missing = MissingRule(
            low: range[0], high: range[1], others: try file.attributeNumbers(Name.missing, as: Double.self))
        let words = try file.attributeString(Name.method)
        guard let method = CalibrationMethod(rawValue: words) else {
            throw Self.fault(file, Name.method, "is no method of this program")
        }
        self.method = method
        cells = try Self.count(file, Name.cells, 1...Int(Int32.max))
        counts = try Self.counts(file)
        heldOut = file.hasAttribute(Name.heldOut) ? try Self.value(file, Name.heldOut) : nil
        trained = file.hasAttribute(Name.trained) ? try Self.value(file, Name.trained) : nil
        reweighting = file.hasAttribute(Name.reweighting) ? try Self.value(file, Name.reweighting) : nil
    }

    private static func counts(_ file: File) throws -> Counts {
        let any = 0...(1 << 48)
        var counts = Counts()
        counts.galaxies = try count(file, Name.galaxies, any)
        counts.labelled = try count(file, Name.labelled, any)
        counts.withoutMagnitude = try count(file, Name.noMagnitude, any)
        counts.withoutPrediction = try count(file, Name.noPrediction, any)
        counts.withoutRedshift = try count(file, Name.noRedshift, any)
        counts.skipped = try count(file, Name.skipped, any)
        let leftOut = counts.withoutMagnitude + counts.withoutPrediction + counts.withoutRedshift + counts.skipped
        let parts = counts.labelled + leftOut
        guard parts == counts.galaxies else {
            throw fault(file, Name.galaxies, "is \(counts.galaxies), and those used and left out are \(parts)")
        }
        return counts
    }

    private static func count(_ file: File, _ name: String, _ range: ClosedRange<Int>) throws -> Int {
        let count = try file.attribute(name, as: Int.self)
        guard range.contains(count) else {
            throw fault(file, name, "is \(count), not \(range.lowerBound) to \(range.upperBound)")
        }
        return count
    }

    /// A short text that is shown as it is: nothing in it changes a terminal.
    private static func word(_ file: File, _ name: String) throws -> String {
        let text = try file.attributeString(name)
        guard isWord(text) else { throw fault(file, name, "is no short text in ASCII") }
        return text
    }

    private static func isWord(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }

    private static func hash(_ file: File, _ name: String) throws -> String {
        let hash = try file.attributeString(name)
        guard hash.utf8.count == 64, hash.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
            throw fault(file, name, "is no SHA-256 in hexadecimal digits")
        }
        return hash
    }

    private static func value<T: Decodable>(_ file: File, _ name: String) throws -> T {
        do { return try JSONDecoder().decode(T.self, from: Data(try file.attributeString(name).utf8)) } catch {
            throw fault(file, name, "is not the JSON that it should be")
        }
    }

    private static func fault(_ file: File, _ name: String, _ what: String) -> JobError {
        JobError(.badData, "\(file.path): attribute \(name) \(what); make it again with: photoz calibrate")
    }
}
