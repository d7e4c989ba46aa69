import HDF5

/// The memory that rows of a partition are read into, float32.
public struct GalaxyBuffers {
    /// [rows, bands, imageSize, imageSize]
    public let images: UnsafeMutableBufferPointer<Float>
    /// [rows, bands]; NaN where a magnitude is missing.
    public let magnitudes: UnsafeMutableBufferPointer<Float>
    /// [rows]; NaN where the redshift is not known.
    public let redshifts: UnsafeMutableBufferPointer<Float>
    /// [rows]; nil where nobody asks.
    public let flags: UnsafeMutableBufferPointer<GalaxyFlags>?

    /// The buffers must outlive the value; each holds exactly the same number of galaxies.
    public init(
        images: UnsafeMutableBufferPointer<Float>, magnitudes: UnsafeMutableBufferPointer<Float>,
        redshifts: UnsafeMutableBufferPointer<Float>, flags: UnsafeMutableBufferPointer<GalaxyFlags>? = nil
    ) {
        self.images = images
        self.magnitudes = magnitudes
        self.redshifts = redshifts
        self.flags = flags
    }

    /// The part that holds some of the galaxies.
    public func slice(_ rows: Range<Int>, schema: PartitionSchema) -> GalaxyBuffers {
        let pixels = schema.imageCount
        return GalaxyBuffers(
            images: .init(rebasing: images[rows.lowerBound * pixels..<rows.upperBound * pixels]),
            magnitudes: .init(rebasing: magnitudes[rows.lowerBound * schema.bands..<rows.upperBound * schema.bands]),
            redshifts: .init(rebasing: redshifts[rows]), flags: flags.map { .init(rebasing: $0[rows]) })
    }
}

extension PartitionFile {
    /// Reads galaxies into memory that the caller owns: images and magnitudes as the network takes them, in its order
    /// of bands and its units. What is missing is NaN, and what is odd about a galaxy stands in its flags.
    ///
    /// - Parameters:
    ///   - rows: A range of the file's rows.
    ///   - buffers: Room for exactly these galaxies.
    /// - Throws: ``PartitionError`` that names the row of a pixel that is not finite, whose galaxy is flagged so;
    ///   `HDF5Error` when the file cannot be read.
    public func read(rows: Range<Int>, into buffers: GalaxyBuffers) throws {
        guard !rows.isEmpty else { return }
        buffers.flags?.update(repeating: [])
        try requireSameBands(rows)
        try readImages(rows: rows, into: buffers.images)
        try checkImages(rows: rows, buffers)
        try readMagnitudes(rows: rows, into: buffers.magnitudes)
        try readRedshifts(rows: rows, into: buffers.redshifts)
        clear(buffers)
    }

    /// Reads magnitudes alone, in the network's order of bands; NaN where one is missing.
    ///
    /// - Parameter rows: A range of the file's rows.
    /// - Returns: [rows, bands]
    /// - Throws: `HDF5Error` when the file cannot be read.
    public func readMagnitudes(rows: Range<Int>) throws -> [Float] {
        guard !rows.isEmpty else { return [] }
        let count = rows.count * schema.bands
        return try [Float](unsafeUninitializedCapacity: count) { room, filled in
            let buffer = UnsafeMutableBufferPointer(rebasing: room[..<count])
            buffer.initialize(repeating: 0)
            try readMagnitudes(rows: rows, into: buffer)
            clear(magnitudes: buffer)
            filled = count
        }
    }

    /// Reads the whole file and reports every galaxy whose image is not finite.
    ///
    /// - Returns: How many galaxies have each flag.
    /// - Throws: ``PartitionError`` with every fault, `HDF5Error` when the file cannot be read.
    @discardableResult
    public func checkValues() throws -> FlagCounts {
        let step = 256
        var counts = FlagCounts()
        var faults: [String] = []
        let room = [schema.imageCount, schema.bands, 1].map {
            UnsafeMutableBufferPointer<Float>.allocate(capacity: step * $0)
        }
        let flags = UnsafeMutableBufferPointer<GalaxyFlags>.allocate(capacity: step)
        defer {
            for part in room { part.deallocate() }
            flags.deallocate()
        }
        let all = GalaxyBuffers(images: room[0], magnitudes: room[1], redshifts: room[2], flags: flags)
        for first in stride(from: 0, to: self.rows, by: step) {
            let rows = first..<min(first + step, self.rows)
            do { try read(rows: rows, into: all.slice(0..<rows.count, schema: schema)) } catch is PartitionError {
                for row in rows {
                    let one = all.slice(row - first..<row - first + 1, schema: schema)
                    do { try read(rows: row..<row + 1, into: one) } catch let error as PartitionError {
                        faults += error.faults
                    }
                }
            }
            for galaxy in flags[..<rows.count] { counts.add(galaxy) }
        }
        try forEachIdentifiers()
        guard faults.isEmpty else { throw PartitionError(file: path, faults: faults) }
        return counts
    }

    private func readImages(rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        let size = schema.imageSize
        let isChannelsFirst = schema.layout == .nchw
        let sides = isChannelsFirst ? Array(images.shape[2...]) : Array(images.shape[1...2])
        let centre = sides.map { ($0 - size) / 2..<($0 - size) / 2 + size }
        let bands = 0..<schema.bands
        if isChannelsFirst, preparation.imagePlaces == nil {
            try images.read([rows, bands, centre[0], centre[1]], into: buffer)
        } else {
            try withUnsafeTemporaryAllocation(of: Float.self, capacity: buffer.count) { asStored in
                if isChannelsFirst {
                    try images.read([rows, bands, centre[0], centre[1]], into: asStored)
                } else {
                    try images.read([rows, centre[0], centre[1], bands], into: asStored)
                }
                arrangeBands(asStored, isChannelsFirst: isChannelsFirst, into: buffer)
            }
        }
        packings.images.unpack(buffer)
        preparation.conversion?.convert(buffer, pixels: size * size)
    }

    /// [rows, band, y, x] or [rows, y, x, band] in the file's order of bands to [rows, band, y, x] in the network's.
    private func arrangeBands(
        _ stored: UnsafeMutableBufferPointer<Float>, isChannelsFirst: Bool,
        into buffer: UnsafeMutableBufferPointer<Float>
    ) {
        let (bands, pixels) = (schema.bands, schema.imageSize * schema.imageSize)
        let places = preparation.imagePlaces ?? Array(0..<bands)
        let (bandStep, pixelStep) = isChannelsFirst ? (pixels, 1) : (1, bands)
        for start in stride(from: 0, to: buffer.count, by: bands * pixels) {
            for band in 0..<bands {
                let (from, to) = (start + places[band] * bandStep, start + band * pixels)
                for pixel in 0..<pixels { buffer[to + pixel] = stored[from + pixel * pixelStep] }
            }
        }
    }

    private func readMagnitudes(rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        let bands = schema.bands
        if magnitudes.count == 1 {
            try magnitudes[0].read(rows: rows, into: buffer)
            packings.magnitudes[0].unpack(buffer)
            guard let places = preparation.magnitudePlaces else { return }
            for start in stride(from: 0, to: buffer.count, by: bands) {
                let stored = Array(buffer[start..<start + bands])
                for (band, place) in places.enumerated() { buffer[start + band] = stored[place] }
            }
            return
        }
        let places = preparation.magnitudePlaces ?? Array(0..<bands)
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count) { column in
            for (band, place) in places.enumerated() {
                try magnitudes[place].read(rows: rows, into: column)
                packings.magnitudes[place].unpack(column)
                for row in column.indices { buffer[row * bands + band] = column[row] }
            }
        }
    }

    private func readRedshifts(rows: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
        guard let redshift else {
            buffer.update(repeating: .nan)
            return
        }
        try redshift.read(rows: rows, into: buffer)
        packings.redshift.unpack(buffer)
    }
}
