import ArgumentParser
import PhotozDistributions
import PhotozJob
import PhotozTomography
import Survey

/// `photoz nz`
struct NzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nz",
        abstract: "Stack redshift distributions in tomographic bins: n(z), with errors.",
        usage: "photoz nz RESULTS [OPTIONS]",
        discussion: HelpText.discussion(
            """
            Reads pz.hdf5 of a run, or any file in the qp forms quant, interp or hist, and writes an ensemble as TXPipe reads \
            it: a row for each bin, and one for all bins together. Galaxies without a distribution are counted and left out. \
            Under mpirun each rank stacks its share; any number of ranks writes the same bytes.
            """,
            examples: [
                "photoz nz results/ --equal 5",
                "mpirun -np 16 photoz nz results/ --bins 0,0.2,0.4,0.6 --output nz.hdf5",
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected, .outputRefused, .inputOutput]))

    @Argument(help: ArgumentHelp("An output folder of photoz run, or a file of distributions.", valueName: "results"))
    var results: String

    @Option(
        help: ArgumentHelp(
            "Edges of the bins in ascending order, separated by commas, such as 0,0.2,0.4.", valueName: "redshifts"))
    var bins: String?

    @Option(
        help: ArgumentHelp(
            "Instead of --bins: this many bins with the same number of galaxies each (default: 4).", valueName: "count")
    )
    var equal: Int?

    @Option(
        help: ArgumentHelp("The redshift that decides on a galaxy's bin: mode, median or mean of its distribution."))
    var by = PointEstimate.zmode

    @Option(help: ArgumentHelp("The redshift grid: first, last and number of points.", valueName: "grid"))
    var grid = "0:2:301"

    @Option(help: ArgumentHelp("Densities at the points of the grid (interp), or mean densities between them (hist)."))
    var form = StackForm.interp

    @Option(help: ArgumentHelp("Bootstrap samples for the errors; 0 for no errors.", valueName: "count"))
    var bootstrap = 100

    @Option(help: ArgumentHelp("The seed of the bootstrap.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Leave out galaxies with any of these flags, separated by commas, such as calibration_outside (default: none left out).",
            valueName: "flags"))
    var leaveOut: String?

    @Option(
        help: ArgumentHelp(
            "The file to write, *.hdf5; one of photoz nz that is there is replaced, another is refused (default: nz.hdf5 beside the distributions).",
            valueName: "file"))
    var output: String?

    func validate() throws {
        _ = try choice()
        _ = try leftOut()
        guard RedshiftGrid(grid) != nil else {
            throw ValidationError("--grid must be two ascending redshifts and a number of points, such as 0:2:301.")
        }
        guard bootstrap == 0 || (2...10_000).contains(bootstrap) else {
            throw ValidationError("--bootstrap must be 0 or 2 to 10000.")
        }
        if let output, !output.hasSuffix(".hdf5") {
            throw ValidationError("--output must end in .hdf5: qp's readers take no other ending for such a file.")
        }
    }

    private func choice() throws -> TomographyChoice {
        guard let bins else {
            let count = equal ?? 4
            guard (1...NzOptions.mostBins).contains(count) else {
                throw ValidationError("--equal must be 1 to \(NzOptions.mostBins).")
            }
            return .equal(count)
        }
        guard equal == nil else { throw ValidationError("Give either --bins or --equal.") }
        let words = bins.split(separator: ",", omittingEmptySubsequences: false)
        let edges = words.compactMap { word in
            Double(word.filter { $0 != " " }).flatMap { $0.isFinite ? $0 : nil }
        }
        guard edges.count == words.count, (2...NzOptions.mostBins + 1).contains(edges.count),
            zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw ValidationError(
                "--bins must be 2 to \(NzOptions.mostBins + 1) ascending redshifts with commas between them, such as 0,0.1,0.2."
            )
        }
        return .edges(edges)
    }

    private func leftOut() throws -> GalaxyFlags {
        var flags = GalaxyFlags()
        for word in leaveOut?.split(separator: ",") ?? [] {
            let name = word.filter { $0 != " " }
            guard let bit = GalaxyFlags.names.firstIndex(of: name) else {
                throw ValidationError(
                    "--leave-out: '\(name)' is no flag; flags are \(GalaxyFlags.names.joined(separator: ", ")).")
            }
            flags.insert(GalaxyFlags(rawValue: 1 << UInt32(bit)))
        }
        return flags
    }

    func run() throws {
        guard let grid = RedshiftGrid(grid) else { preconditionFailure("validated before") }
        let options = NzOptions(
            source: results, output: output, bins: try choice(), grid: grid, form: form, estimate: by,
            leftOut: try leftOut(), resamples: bootstrap, seed: seed, version: Photoz.version)
        underMPI { world, _, _ in try Nz(options, world: world).run() }
    }
}

extension PointEstimate: ExpressibleByArgument {}
extension StackForm: ExpressibleByArgument {}
