/// The galaxies that a network was trained on, as far as ranges need them.
public struct TrainingSample {
    /// What ranges are found of, a column for each band or neighbouring pair of bands.
    private var magnitudes: [[Float]]
    private var colours: [[Float]]
    private var minima: [[Float]]
    private var maxima: [[Float]]
    private var redshifts: [Float] = []
    private let schema: PartitionSchema
    /// What the first partition says of its images.
    public private(set) var statement: Statement?

    /// Galaxies.
    public var count: Int { minima.first?.count ?? 0 }

    /// - Parameter schema: How partitions lie, for the network.
    public init(_ schema: PartitionSchema) {
        self.schema = schema
        magnitudes = .init(repeating: [], count: schema.bands)
        colours = .init(repeating: [], count: max(schema.bands - 1, 0))
        minima = magnitudes
        maxima = magnitudes
    }

    /// Adds the galaxies of a partition. Magnitudes and redshifts that are missing are left out.
    ///
    /// - Throws: As ``PartitionFile/read(rows:into:)``.
    public mutating func add(_ file: PartitionFile) throws {
        statement = statement ?? file.statement
        let step = 256
        let room = [schema.imageCount, schema.bands, 1].map {
            UnsafeMutableBufferPointer<Float>.allocate(capacity: step * $0)
        }
        defer { for part in room { part.deallocate() } }
        let all = GalaxyBuffers(images: room[0], magnitudes: room[1], redshifts: room[2])
        for first in stride(from: 0, to: file.rows, by: step) {
            let rows = first..<min(first + step, file.rows)
            let buffers = all.slice(0..<rows.count, schema: schema)
            try file.read(rows: rows, into: buffers)
            for galaxy in 0..<rows.count { add(galaxy, of: buffers) }
        }
    }

    private mutating func add(_ galaxy: Int, of buffers: GalaxyBuffers) {
        let (bands, pixels) = (schema.bands, schema.imageSize * schema.imageSize)
        for band in 0..<bands {
            let place = galaxy * bands + band
            let range = PixelRange(.init(rebasing: buffers.images[place * pixels..<(place + 1) * pixels]))
            minima[band].append(range.low)
            maxima[band].append(range.high)
            magnitudes[band].append(buffers.magnitudes[place])
            if band > 0 { colours[band - 1].append(buffers.magnitudes[place - 1] - buffers.magnitudes[place]) }
        }
        redshifts.append(buffers.redshifts[galaxy])
    }

    /// Percentiles 0.1 and 99.9 of each quantity.
    public func limits() -> TrainedLimits {
        var limits = TrainedLimits()
        func ranges(_ columns: [[Float]]) -> [ClosedRange<Float>] {
            let found = columns.compactMap(Self.range)
            return found.count == columns.count ? found : []
        }
        limits.magnitudes = ranges(magnitudes)
        limits.colours = ranges(colours)
        limits.imageMinima = ranges(minima)
        limits.imageMaxima = ranges(maxima)
        limits.redshifts = Self.range(redshifts)
        return limits
    }

    /// The fraction of the galaxies that lie outside of limits in anything but redshift.
    public func fractionOutside(_ limits: TrainedLimits) -> Double {
        let pairs = [
            (magnitudes, limits.magnitudes), (colours, limits.colours), (minima, limits.imageMinima),
            (maxima, limits.imageMaxima),
        ].flatMap { zip($0, $1) }
        let outside = (0..<count).count { galaxy in
            pairs.contains { $0[galaxy] < $1.lowerBound || $0[galaxy] > $1.upperBound }
        }
        return count > 0 ? Double(outside) / Double(count) : 0
    }

    /// Percentiles 0.1 and 99.9 of the numbers that are some, between neighbours in proportion; nil without any.
    private static func range(_ values: [Float]) -> ClosedRange<Float>? {
        let sorted = values.filter { !$0.isNaN }.sorted()
        guard let last = sorted.indices.last else { return nil }
        func percentile(_ percent: Double) -> Float {
            let place = percent / 100 * Double(last)
            let low = Int(place)
            let (one, other) = (Double(sorted[low]), Double(sorted[min(low + 1, last)]))
            return Float(one + (other - one) * (place - Double(low)))
        }
        return percentile(0.1)...percentile(99.9)
    }
}
