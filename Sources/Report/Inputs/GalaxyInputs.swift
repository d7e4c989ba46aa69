import Survey

/// Images and magnitudes of some galaxies of a run, read from its partitions where these are still there.
struct GalaxyInputs {
    /// What the network was given of one galaxy.
    struct Galaxy {
        /// [bands, size, size], in the network's units; empty where it is not finite.
        let image: [Float]
        /// [bands]; NaN where missing.
        let magnitudes: [Float]
    }

    let schema: PartitionSchema
    let notes: [String]
    private let paths: PartitionPaths
    private var opened: (partition: Int, file: PartitionFile)?
    /// Partitions that cannot be used, each with the reason.
    private var failures: [Int: String] = [:]

    /// - Throws: What says why nothing can be known of the partitions.
    init(_ paths: PartitionPaths, _ finder: RunInputs.Finder) throws {
        let inputs = try finder(paths.runOrigin)
        (self.paths, schema, notes) = (paths, inputs.schema, inputs.notes)
    }

    /// Partitions that have been opened, or tried.
    private(set) var tried: Set<Int> = []

    /// What could not be read, in words; nil when all could.
    var fault: String? {
        guard let (partition, reason) = failures.min(by: { $0.key < $1.key }) else { return nil }
        let others = failures.count > 1 ? " (and \(grouped(failures.count - 1)) more)" : ""
        return "\(paths.path(partition))\(others): \(reason)"
    }

    /// The names of the bands: those of the weights, or numbers.
    var bands: [String] {
        schema.trained.bands?.names ?? schema.bandNames?.names ?? (1...max(schema.bands, 1)).map { "band \($0)" }
    }

    /// The galaxy in a row of a partition; nil when it is not there any more.
    ///
    /// - Parameters:
    ///   - identifier: What the predictions call it, where they do.
    ///   - redshift: Its spectroscopic redshift in the predictions.
    mutating func galaxy(_ partition: Int, _ row: Int, identifier: String?, redshift: Float) -> Galaxy? {
        guard let file = file(partition) else { return nil }
        guard row < file.rows else {
            failures[partition] = "has fewer galaxies than when the run read it"
            return nil
        }
        do {
            let own = try file.identifiers(rows: row..<row + 1, as: file.identifiers).texts.first
            let read = try Self.read(file, row, schema)
            let isSame = own == identifier && (read.redshift == redshift || read.redshift.isNaN && redshift.isNaN)
            guard isSame else {
                failures[partition] = "holds other galaxies than when the run read it"
                return nil
            }
            return read.galaxy
        } catch {
            failures[partition] = Self.words(error, file.path)
            return nil
        }
    }

    /// Magnitudes [rows, bands] of neighbouring galaxies; nil when they are not there any more.
    mutating func magnitudes(_ partition: Int, _ rows: Range<Int>) -> [Float]? {
        guard let file = file(partition) else { return nil }
        guard rows.upperBound <= file.rows else {
            failures[partition] = "has fewer galaxies than when the run read it"
            return nil
        }
        do { return try file.readMagnitudes(rows: rows) } catch {
            failures[partition] = Self.words(error, file.path)
            return nil
        }
    }

    private mutating func file(_ partition: Int) -> PartitionFile? {
        if let opened, opened.partition == partition { return opened.file }
        guard failures[partition] == nil, (0..<paths.count).contains(partition) else { return nil }
        tried.insert(partition)
        let path = paths.path(partition)
        guard fileIsThere(path) else {
            failures[partition] = "is not there any more"
            return nil
        }
        do {
            let file = try PartitionFile(path, schema: schema, folder: paths.folder)
            opened = (partition, file)
            return file
        } catch {
            failures[partition] = Self.words(error, path)
            return nil
        }
    }

    private static func read(
        _ file: PartitionFile, _ row: Int, _ schema: PartitionSchema
    ) throws -> (galaxy: Galaxy, redshift: Float) {
        let pixels = schema.bands * schema.imageSize * schema.imageSize
        var (image, magnitudes, redshift) = (
            [Float](repeating: 0, count: pixels), [Float](repeating: .nan, count: schema.bands), [Float.nan]
        )
        try image.withUnsafeMutableBufferPointer { image in
            try magnitudes.withUnsafeMutableBufferPointer { magnitudes in
                try redshift.withUnsafeMutableBufferPointer { redshift in
                    let buffers = GalaxyBuffers(images: image, magnitudes: magnitudes, redshifts: redshift)
                    try file.read(rows: row..<row + 1, into: buffers)
                }
            }
        }
        return (Galaxy(image: image, magnitudes: magnitudes), redshift[0])
    }

    private static func words(_ error: any Error, _ path: String) -> String {
        let text = "\(error)"
        return text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    }
}
