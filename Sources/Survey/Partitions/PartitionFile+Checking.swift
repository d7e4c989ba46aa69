import HDF5

extension PartitionFile {
    /// Requires that the images of some galaxies have the bands that those of the first one have.
    ///
    /// - Throws: ``PartitionError`` that names the first row with others, `HDF5Error` when the file cannot be read.
    func requireSameBands(_ rows: Range<Int>) throws {
        guard let bandTable, let bands = statement.imageBands else { return }
        let texts = try bandTable.readStrings(rows: rows)
        for row in rows {
            let start = (row - rows.lowerBound) * schema.bands
            let own = Array(texts[start..<start + schema.bands])
            guard BandNames(own, count: schema.bands) != bands else { continue }
            throw PartitionError(
                file: path,
                faults: [
                    "\(Statement.bandTable): row \(row) says \(own.joined(separator: ",")) and the images have the bands \(bands); store galaxies of one order of bands in a file"
                ])
        }
    }

    /// Flags what is odd about images.
    ///
    /// - Throws: ``PartitionError`` that names the row of a pixel that is not finite.
    func checkImages(rows: Range<Int>, _ buffers: GalaxyBuffers) throws {
        let (size, pixels) = (schema.imageSize, schema.imageSize * schema.imageSize)
        var firstAtFault: Int?
        for galaxy in 0..<rows.count {
            var flags: GalaxyFlags = []
            for band in 0..<schema.bands {
                let start = (galaxy * schema.bands + band) * pixels
                let part = UnsafeBufferPointer(rebasing: buffers.images[start..<start + pixels])
                let range = PixelRange(part)
                flags.formUnion(range.flags(part, width: size))
                if range.isFinite, schema.trained.limits.isOutside(range, band: band) { flags.insert(.imageOutside) }
            }
            if flags.contains(.imageNotFinite) { firstAtFault = firstAtFault ?? galaxy }
            buffers.flags?[galaxy].formUnion(flags)
        }
        guard let firstAtFault else { return }
        let image = buffers.images[firstAtFault * schema.imageCount..<(firstAtFault + 1) * schema.imageCount]
        let value = image.first { !$0.isFinite } ?? .nan
        throw PartitionError(
            file: path,
            faults: [
                "\(schema.images): row \(rows.lowerBound + firstAtFault) holds \(value.isNaN ? "nan" : "\(value)") in float32, not a finite number"
            ],
            hint: "Correct or remove that galaxy, or leave it out with --on-error skip.")
    }

    /// Puts NaN in place of what stands for missing magnitudes and redshifts, and flags that and what lies outside of
    /// the network's training.
    func clear(_ buffers: GalaxyBuffers) {
        let (rule, limits, bands) = (schema.missing, schema.trained.limits, schema.bands)
        let (others, places) = magnitudeSentinels
        let otherRedshifts = redshift.map { $0.elementType.stored(rule.others) } ?? []
        for galaxy in buffers.redshifts.indices {
            let own = UnsafeMutableBufferPointer(
                rebasing: buffers.magnitudes[galaxy * bands..<(galaxy + 1) * bands])
            var flags = clear(own, of: others, places)
            flags.formUnion(limits.flags(magnitudes: own))
            let redshift = buffers.redshifts[galaxy]
            if rule.isMissing(redshift: redshift, others: otherRedshifts) {
                flags.insert(.redshiftMissing)
                buffers.redshifts[galaxy] = .nan
            } else if limits.isOutside(redshift: redshift) {
                flags.insert(.redshiftOutside)
            }
            buffers.flags?[galaxy].formUnion(flags)
        }
    }

    /// Puts NaN in place of what stands for missing magnitudes.
    ///
    /// - Parameter buffer: Magnitudes of some galaxies, in the network's order of bands.
    func clear(magnitudes buffer: UnsafeMutableBufferPointer<Float>) {
        let (others, places) = magnitudeSentinels
        for start in stride(from: 0, to: buffer.count, by: schema.bands) {
            _ = clear(UnsafeMutableBufferPointer(rebasing: buffer[start..<start + schema.bands]), of: others, places)
        }
    }

    /// Numbers that the user says stand for missing magnitudes, as each data set stores them, and the place of each of
    /// the network's bands.
    private var magnitudeSentinels: (others: [[Float]], places: [Int]) {
        (
            magnitudes.map { $0.elementType.stored(schema.missing.others) },
            preparation.magnitudePlaces ?? Array(0..<schema.bands)
        )
    }

    /// The same of one galaxy.
    ///
    /// - Returns: Why magnitudes are missing.
    private func clear(
        _ own: UnsafeMutableBufferPointer<Float>, of others: [[Float]], _ places: [Int]
    ) -> GalaxyFlags {
        var flags: GalaxyFlags = []
        for band in own.indices {
            let others = others[others.count == 1 ? 0 : places[band]]
            guard let reason = schema.missing.reason(magnitude: own[band], others: others) else { continue }
            flags.insert(reason == .notDetected ? .magnitudeNotDetected : .magnitudeNotObserved)
            own[band] = .nan
        }
        return flags
    }
}
