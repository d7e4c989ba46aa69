import HDF5

/// The memory that rows of a partition are read into, float32.
public struct GalaxyBuffers {
    /// [rows, bands, imageSize, imageSize]
    public let images: UnsafeMutableBufferPointer<Float>
    /// [rows, bands]
    public let magnitudes: UnsafeMutableBufferPointer<Float>
    /// [rows]; NaN where the redshift is not known.
    public let redshifts: UnsafeMutableBufferPointer<Float>

    /// The buffers must outlive the value; each holds exactly the same number of galaxies.
    public init(
        images: UnsafeMutableBufferPointer<Float>, magnitudes: UnsafeMutableBufferPointer<Float>,
        redshifts: UnsafeMutableBufferPointer<Float>
    ) {
        self.images = images
        self.magnitudes = magnitudes
        self.redshifts = redshifts
    }

    /// The part that holds some of the galaxies.
    public func slice(_ rows: Range<Int>, schema: PartitionSchema) -> GalaxyBuffers {
        let pixels = schema.bands * schema.imageSize * schema.imageSize
        return GalaxyBuffers(
            images: .init(rebasing: images[rows.lowerBound * pixels..<rows.upperBound * pixels]),
            magnitudes: .init(rebasing: magnitudes[rows.lowerBound * schema.bands..<rows.upperBound * schema.bands]),
            redshifts: .init(rebasing: redshifts[rows]))
    }
}

extension PartitionFile {
    /// Reads galaxies into memory that the caller owns and checks that their images and magnitudes are finite. What is
    /// missing, by the sentinels of catalogues, is NaN.
    ///
    /// - Parameters:
    ///   - rows: A range of the file's rows.
    ///   - buffers: Room for exactly these galaxies.
    /// - Returns: How many galaxies lack something.
    /// - Throws: ``PartitionError`` that names the row of a value that is not finite, `HDF5Error` when the file cannot be
    ///   read.
    @discardableResult
    public func read(rows: Range<Int>, into buffers: GalaxyBuffers) throws -> MissingValues {
        guard !rows.isEmpty else { return MissingValues() }
        try readImages(rows: rows, into: buffers.images)
        try requireFinite(buffers.images, name: schema.images, rows: rows)
        try readMagnitudes(rows: rows, into: buffers.magnitudes)
        if !schema.allowsMissingMagnitudes {
            try requireFinite(buffers.magnitudes, name: schema.magnitudes.joined(separator: ","), rows: rows)
        }
        if let redshift {
            try redshift.read(rows: rows, into: buffers.redshifts)
        } else {
            buffers.redshifts.update(repeating: .nan)
        }
        return MissingValues(clearing: buffers.magnitudes, bands: schema.bands, redshifts: buffers.redshifts)
    }

    /// Reads the whole file and reports every galaxy whose image or magnitudes are not finite.
    ///
    /// - Returns: How many galaxies lack something.
    /// - Throws: ``PartitionError`` with every fault, `HDF5Error` when the file cannot be read.
    @discardableResult
    public func checkValues() throws -> MissingValues {
        let step = 256
        var missing = MissingValues()
        let pixels = schema.bands * schema.imageSize * schema.imageSize
        var faults: [String] = []
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: step * (pixels + schema.bands + 1)) { room in
            for first in stride(from: 0, to: self.rows, by: step) {
                let rows = first..<min(first + step, self.rows)
                let (images, rest) = (rows.count * pixels, rows.count * (pixels + schema.bands))
                let buffers = GalaxyBuffers(
                    images: .init(rebasing: room[..<images]), magnitudes: .init(rebasing: room[images..<rest]),
                    redshifts: .init(rebasing: room[rest..<rest + rows.count]))
                do { missing += try read(rows: rows, into: buffers) } catch is PartitionError {
                    for row in rows {
                        let one = buffers.slice(row - first..<row - first + 1, schema: schema)
                        do { try read(rows: row..<row + 1, into: one) } catch let error as PartitionError {
                            faults += error.faults
                        }
                    }
                }
            }
        }
        do { try checkIdentifiers() } catch let error as PartitionError { faults += error.faults }
        guard faults.isEmpty else { throw PartitionError(file: path, faults: faults) }
        return missing
    }

    /// Reads all identifiers, so that what cannot be carried into results is known before work starts.
    ///
    /// - Throws: ``PartitionError`` that names the row of an integer beyond int64, `HDF5Error` when they cannot be read.
    func checkIdentifiers() throws {
        let step = 1 << 16
        for first in stride(from: 0, to: rows, by: step) {
            let part = first..<min(first + step, rows)
            switch identifiers {
            case .none: return
            case .strings: _ = try stringIdentifiers(rows: part)
            case .integers: try requireSigned(part)
            }
        }
    }

    /// HDF5 would replace an unsigned integer beyond int64 by the largest one there is, without a word.
    private func requireSigned(_ part: Range<Int>) throws {
        guard let objectID, objectID.elementType == .integer(bits: 64, signed: false) else {
            _ = try integerIdentifiers(rows: part)
            return
        }
        let values = try [UInt64](unsafeUninitializedCapacity: part.count) { buffer, count in
            try objectID.read(rows: part, into: UnsafeMutableBufferPointer(rebasing: buffer[..<part.count]))
            count = part.count
        }
        guard let place = values.firstIndex(where: { $0 > Int64.max }) else { return }
        throw PartitionError(
            file: path,
            faults: [
                "\(schema.objectID): row \(part.lowerBound + place) holds \(values[place]), beyond int64; store such identifiers as strings"
            ])
    }

    /// Identifiers that are integers.
    ///
    /// - Throws: `HDF5Error` when the file cannot be read.
    public func integerIdentifiers(rows: Range<Int>) throws -> [Int64] {
        guard let objectID else { return [] }
        return try [Int64](unsafeUninitializedCapacity: rows.count) { buffer, count in
            try objectID.read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<rows.count]))
            count = rows.count
        }
    }

    /// Identifiers that are strings.
    ///
    /// - Throws: `HDF5Error` when the file cannot be read.
    public func stringIdentifiers(rows: Range<Int>) throws -> [String] {
        try objectID?.readStrings(rows: rows) ?? []
    }

    private func readImages(rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        let size = schema.imageSize
        let isChannelsFirst = schema.layout == .nchw
        let sides = isChannelsFirst ? Array(images.shape[2...]) : Array(images.shape[1...2])
        let centre = sides.map { ($0 - size) / 2..<($0 - size) / 2 + size }
        let bands = 0..<schema.bands
        if isChannelsFirst {
            try images.read([rows, bands, centre[0], centre[1]], into: buffer)
        } else {
            try withUnsafeTemporaryAllocation(of: Float.self, capacity: buffer.count) { interleaved in
                try images.read([rows, centre[0], centre[1], bands], into: interleaved)
                separateBands(interleaved, into: buffer)
            }
        }
    }

    /// [rows, y, x, band] to [rows, band, y, x].
    private func separateBands(
        _ interleaved: UnsafeMutableBufferPointer<Float>, into buffer: UnsafeMutableBufferPointer<Float>
    ) {
        let (bands, pixels) = (schema.bands, schema.imageSize * schema.imageSize)
        for start in stride(from: 0, to: buffer.count, by: bands * pixels) {
            for band in 0..<bands {
                for pixel in 0..<pixels {
                    buffer[start + band * pixels + pixel] = interleaved[start + pixel * bands + band]
                }
            }
        }
    }

    private func readMagnitudes(rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        if magnitudes.count == 1 {
            try magnitudes[0].read(rows: rows, into: buffer)
            return
        }
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count) { column in
            for (band, dataset) in magnitudes.enumerated() {
                try dataset.read(rows: rows, into: column)
                for row in column.indices { buffer[row * magnitudes.count + band] = column[row] }
            }
        }
    }

    private func requireFinite(
        _ values: UnsafeMutableBufferPointer<Float>, name: String, rows: Range<Int>
    ) throws {
        // Without its sign, a number's pattern grows with it; infinity and NaN stand above all. Integers keep the loop
        // free of an order of additions, so that it is vectorised.
        var largest: Int32 = 0
        for value in values { largest = max(largest, Int32(truncatingIfNeeded: value.bitPattern & 0x7fff_ffff)) }
        guard largest >= 0x7f80_0000 else { return }
        guard let place = values.firstIndex(where: { !$0.isFinite }) else { return }
        let row = rows.lowerBound + place / (values.count / rows.count)
        throw PartitionError(
            file: path,
            faults: [
                "\(name): row \(row) holds \(values[place].isNaN ? "nan" : "\(values[place])") in float32, not a finite number; correct or remove that galaxy"
            ])
    }
}
