/// Redshifts and magnitudes of some of a run's galaxies, evenly spread over all.
struct InputSample {
    /// Neighbouring galaxies that are read at once, and how many such blocks.
    private static let block = 1024
    private static let blocks = 32
    /// The most partitions that are opened: of small ones fewer galaxies are read.
    private static let mostPartitions = 64

    /// Galaxies of the run.
    let samples: Int
    let bands: [String]
    /// Those that the network was trained on, percentiles 0.1 and 99.9; empty where not known.
    let magnitudeLimits: [ClosedRange<Float>]
    /// The same of differences of neighbouring magnitudes.
    let colourLimits: [ClosedRange<Float>]
    private(set) var redshifts: [Float] = []
    /// [galaxies, bands]; NaN where missing.
    private(set) var magnitudes: [Float] = []

    var count: Int { redshifts.count }
    /// The band that galaxies are binned by.
    var middle: Int { bands.count / 2 }

    /// - Throws: ``ReportError`` when the predictions are damaged.
    init(_ table: GalaxyTable, samples: Int, _ inputs: inout GalaxyInputs) throws(ReportError) {
        self.samples = samples
        bands = inputs.bands
        magnitudeLimits = inputs.schema.trained.limits.magnitudes
        colourLimits = inputs.schema.trained.limits.colours
        let all = (samples + Self.block - 1) / Self.block
        let taken = min(all, Self.blocks)
        for number in 0..<taken {
            let first = number * all / taken * Self.block
            try add(first..<min(first + Self.block, samples), table, &inputs)
        }
    }

    private mutating func add(
        _ rows: Range<Int>, _ table: GalaxyTable, _ inputs: inout GalaxyInputs
    ) throws(ReportError) {
        guard let places = try table.places(rows) else { return }
        let predicted = try table.predicted(rows)
        var start = 0
        while start < places.count {
            // Neighbours of a partition.
            var end = start + 1
            while end < places.count, places[end].partition == places[start].partition,
                places[end].row == places[end - 1].row + 1
            { end += 1 }
            let part = start..<end
            start = end
            guard inputs.tried.count < Self.mostPartitions || inputs.tried.contains(places[part.lowerBound].partition),
                let read = inputs.magnitudes(
                    places[part.lowerBound].partition,
                    places[part.lowerBound].row..<places[part.upperBound - 1].row + 1)
            else { continue }
            redshifts += predicted[part]
            magnitudes += read
        }
    }

    func magnitude(_ galaxy: Int, _ band: Int) -> Float { magnitudes[galaxy * bands.count + band] }

    /// The difference of neighbouring bands.
    func colour(_ galaxy: Int, _ band: Int) -> Float { magnitude(galaxy, band) - magnitude(galaxy, band + 1) }

    /// Those of all galaxies that are known.
    func values(_ value: (Int) -> Float) -> [Float] { (0..<count).map(value).filter(\.isFinite) }
}
