import Collectives
import Glibc
import HDF5
import PhotozDistributions
import PhotozJob
import PhotozMachine
import Survey

/// A real MPI program that writes made-up predictions, as many as one likes, as `photoz run` does when it has computed
/// them:
///
///     mpirun -np 2 write-check FOLDER GALAXIES [ranks|collect] [dealt] [integers|fixed|any] [csv] [views]
///         [quant|interp|hist] [missing|twice]
///
/// Galaxies are dealt in order, or with `dealt` in small chunks to whichever rank, in any order. What is written
/// depends on the galaxy alone. With `missing` and `twice` the ranks do not have each galaxy once. Rank 0 prints how
/// long it took.
@main
enum WriteCheck {
    static func main() {
        // As photoz: a file that becomes too large is an error.
        signal(SIGXFSZ, SIG_IGN)
        var code = Int32(1)
        do {
            let world = try MPI.start()
            do { try run(CommandLine.arguments.dropFirst().map { $0 }, world) } catch {
                let failure = JobError(error)
                code = failure.exitCode.rawValue
                throw failure
            }
            try MPI.finish()
        } catch {
            writeToStandardError("write-check: \(error)\n")
            MPI.abort(exitCode: code)
        }
    }

    private static func run(_ words: [String], _ world: Communicator) throws {
        let options = Set(words.dropFirst(2))
        guard words.count >= 2, let galaxies = Int(words[1]) else { throw JobError(.wrongUsage, "FOLDER GALAXIES") }
        let survey = try MadeUpSurvey(galaxies: galaxies, options)
        let spans = try spans(galaxies, options, world)
        try world.barrier()
        let start = ContinuousClock.now
        let content = ResultContent(
            of: survey.dataSet, hasViews: survey.hasViews, calibration: survey.calibration,
            provenance: [("photoz_version", "check"), ("calibration_sha256", "check")])
        let paths = ResultPaths(
            predictions: words[0] + "/predictions.h5", distributions: words[0] + "/pz.hdf5",
            table: options.contains("csv") ? words[0] + "/predictions.csv" : nil)
        let writer = try PredictionsWriter(
            content, to: paths, way: options.contains("collect") ? .collect : .ranks, on: world)
        try world.barrier()
        let created = ContinuousClock.now
        let found = survey.findings(of: spans)
        try world.barrier()
        let computed = ContinuousClock.now
        try writer.write(found)
        try world.barrier()
        let end = ContinuousClock.now
        let memory = try world.allReduce(Host.peakMemory(), .max)
        guard world.rank == 0 else { return }
        print(
            "\(galaxies) galaxies on \(world.size) ranks: created in \(decimal((created - start).seconds, 3)) s, written in \(decimal((end - computed).seconds, 3)) s, \(decimal(memory, 0)) MB a rank"
        )
    }

    /// Which galaxies a rank has, in the order in which it came to them.
    private static func spans(_ galaxies: Int, _ options: Set<String>, _ world: Communicator) throws -> [Range<Int>] {
        var spans = Sharding.rows.galaxies(of: world.rank, worldSize: world.size, starts: [0, galaxies])
            .cut(every: 1 << 16)
        if options.contains("dealt") {
            let chunks = (0..<galaxies).cut(every: 777)
            spans = chunks.enumerated().filter { mixed($0.offset) % UInt64(world.size) == world.rank }
                .sorted { mixed($0.offset &* 3) < mixed($1.offset &* 3) }.map(\.element)
        }
        let isLast = world.rank == world.size - 1
        if options.contains("missing"), isLast { spans.removeLast() }
        if options.contains("twice"), isLast, let span = spans.last {
            spans.append(span.lowerBound..<span.lowerBound + 1)
        }
        return spans
    }
}

/// Galaxies whose predictions depend on their numbers alone.
struct MadeUpSurvey {
    let dataSet: DataSet
    let hasViews: Bool
    let calibration: (Calibration, DistributionForm)?

    private var columns: FoundColumns { FoundColumns(views: hasViews, distributions: calibration != nil) }

    init(galaxies: Int, _ options: Set<String>) throws {
        hasViews = options.contains("views")
        calibration = try Self.form(options).map { (try Self.madeUpCalibration(), $0) }
        let size = 100_000
        var rows = (0..<galaxies).cut(every: size).map(\.count)
        rows.insert(0, at: rows.count / 2)
        let kind: PartitionFile.Identifiers =
            options.contains("integers") ? .integers : options.isDisjoint(with: ["fixed", "any"]) ? .none : .strings
        dataSet = DataSet(
            folder: "survey",
            partitions: PartitionTable(
                names: rows.indices.map { "part,\($0).h5" }, rows: rows,
                stamps: rows.map { _ in FileStamp("nowhere") }),
            hasRedshift: true, identifiers: kind,
            stringForm: kind == .strings ? (options.contains("any") ? .any : .fixed(12)) : nil)
    }

    func findings(of spans: [Range<Int>]) -> RankFindings {
        var found = RankFindings(
            capacity: spans.reduce(0) { $0 + $1.count }, columns, identifiers: dataSet.identifiers)
        for span in spans {
            let numbers = (0..<(hasViews ? 4 : 3)).map { column in span.map { Self.number($0, column) } }
            let flags = span.map { Float(bitPattern: UInt32(mixed($0) & 0x3fff)) }
            found.append(BatchFindings(galaxies: span, columns: numbers + places(numbers[0]) + [flags], columns))
            switch dataSet.identifiers {
            case .none: break
            case .integers, .unsignedIntegers: found.identifiers.append(.integers(span.map { Int64($0) << 20 }))
            case .strings: found.identifiers.append(.strings(span.map(name)))
            }
        }
        return found
    }

    private static func number(_ galaxy: Int, _ column: Int) -> Float {
        galaxy % 1001 == column ? .nan : Float(mixed(galaxy * 8 + column) >> 44) / 0x1p20
    }

    /// Cell and scale for each redshift, as the journal has them.
    private func places(_ redshifts: [Float]) -> [[Float]] {
        guard let calibration = calibration?.0 else { return [] }
        let places = redshifts.map { redshift -> (cell: Int32, scale: Float) in
            guard !redshift.isNaN else { return (-1, .nan) }
            let place = withUnsafePointer(to: 20 * redshift) {
                calibration.place(redshift: redshift, magnitudes: UnsafeBufferPointer(start: $0, count: 1))
            }
            return (place.cell, place.scale)
        }
        return [places.map { Float(bitPattern: UInt32(bitPattern: $0.cell)) }, places.map(\.scale)]
    }

    private static func form(_ options: Set<String>) -> DistributionForm? {
        let grid = RedshiftGrid("0:1:101")
        if options.contains("interp"), let grid { return .interpolated(grid) }
        if options.contains("hist"), let grid { return .histogram(grid) }
        return options.contains("quant") ? .quantiles : nil
    }

    /// Of galaxies that are up to a tenth off, in one band.
    private static func madeUpCalibration() throws -> Calibration {
        let redshifts = (0..<2000).map { number($0 * 1001 + 500, 0) }
        let labelled = LabelledGalaxies(
            predicted: redshifts,
            spectroscopic: redshifts.indices.map { redshifts[$0] + 0.2 * (number($0 * 1001 + 500, 1) - 0.5) },
            magnitudes: redshifts.map { 20 * $0 }, bands: 1)
        return try Calibration(fitting: labelled, CalibrationSettings(method: .smooth, smallestCell: 100))
    }

    /// Of 0 to 12 bytes, each of them any but zero; very long ones now and then where strings have any length.
    private func name(_ galaxy: Int) -> [UInt8] {
        let isLong = dataSet.stringForm?.length == nil && galaxy % 5000 == 77
        let number = mixed(galaxy)
        return (0..<(isLong ? 9000 : Int(number % 13))).map { place in
            UInt8(truncatingIfNeeded: number >> UInt64(place % 8 * 8)) | 1
        }
    }
}

/// The finaliser of SplitMix64.
private func mixed(_ number: Int) -> UInt64 {
    var value = UInt64(bitPattern: Int64(number)) &+ 0x9e37_79b9_7f4a_7c15
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
}

extension Range where Bound == Int {
    /// In pieces of a size, the last one smaller.
    fileprivate func cut(every size: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
    }
}
