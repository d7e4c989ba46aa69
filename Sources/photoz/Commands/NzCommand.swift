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
        discussion: """
            Reads pz.hdf5 of a run, or any file of qp's forms quant, interp or hist, and writes an ensemble as TXPipe has it: \
            a row for each bin, and one for all bins together. Galaxies without a distribution are counted and left out. \
            Under mpirun each rank stacks its share; any number of ranks writes the same bytes.
            """)

    @Argument(help: ArgumentHelp("An output folder of photoz run, or a file of distributions.", valueName: "results"))
    var results: String

    @Option(help: ArgumentHelp("Edges of the bins, ascending, with commas between them.", valueName: "redshifts"))
    var bins: String?

    @Option(help: ArgumentHelp("Or: so many bins with equally many galaxies each (default: 4).", valueName: "count"))
    var equal: Int?

    @Option(help: ArgumentHelp("The redshift by which galaxies are dealt to bins: zmode, zmedian or zmean."))
    var by = PointEstimate.zmode

    @Option(help: ArgumentHelp("First and last redshift of the grid and how many points it has.", valueName: "grid"))
    var grid = "0:2:301"

    @Option(help: ArgumentHelp("interp (densities at the points of the grid) or hist (between them)."))
    var form = StackForm.interp

    @Option(help: ArgumentHelp("Resamples for the errors; 0 for none.", valueName: "count"))
    var bootstrap = 100

    @Option(help: ArgumentHelp("Another seed draws other galaxies for the errors.", valueName: "number"))
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Leave out galaxies with any of these flags, with commas between them, such as calibration_outside; others are stacked whatever their flags.",
            valueName: "flags"))
    var leaveOut: String?

    @Option(help: ArgumentHelp("The file for n(z) (default: nz.hdf5 beside the distributions).", valueName: "file"))
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
