import ArgumentParser
import AstroMAE
import Glibc
import PhotozDiagnosis
import PhotozJob
import PhotozMachine

/// `photoz selftest`
struct SelftestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Compare this machine's redshifts of 32 galaxies with those of the published network.",
        discussion: HelpText.discussion(
            """
            Checks every precision with every instruction set of the processor, in some seconds.
            """,
            examples: [
                "photoz selftest"
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .unexpected],
            meanings: [
                .unexpected: "a redshift is off: do not use that combination here"
            ],
            done: "all redshifts are right"))

    @Option(
        help: ArgumentHelp(
            "The folder Data of the project (default: the one here or beside the program).", valueName: "folder"))
    var data: String?

    func validate() throws {
        guard data != "" else { throw ValidationError("--data needs a folder; without it the shipped one is found.") }
    }

    func run() {
        do {
            var failed = 0
            let start = ContinuousClock.now
            let plainest = InstructionSet.available[0]
            try Selftest(folder: data).run { outcome in
                failed += outcome.isGood ? 0 : 1
                let set = outcome.instructionSet
                // Said of the level's other way only, the one that most processors do not take.
                let isOther = outcome.precision != .float32 && set.otherWay != nil && set.widensBFloat16
                let name = "\(set), \(outcome.precision.rawValue)" + (isOther ? ", bfloat16 as float32" : "")
                let padding = String(repeating: " ", count: max(1, 42 - name.count))
                let verdict =
                    outcome.isGood
                    ? "good"
                    : "WRONG, limits \(Self.short(outcome.limit)) and \(Self.short(outcome.spreadLimit))"
                Exit.show(
                    "\(name)\(padding)off by \(Self.short(outcome.error)), \(Self.short(outcome.spread)) from \(plainest): \(verdict)"
                )
            }
            guard failed == 0 else {
                throw JobError(
                    .unexpected,
                    "\(failed) combinations are off: do not use them on this machine (--precision, --instruction-set), and tell the developers what photoz inspect --cpu prints"
                )
            }
            let seconds = ((ContinuousClock.now - start) / .milliseconds(100)).rounded() / 10
            Exit.show("All good, in \(seconds) s.")
        } catch {
            Exit.withoutMPI(error)
        }
    }

    /// Two digits and an exponent.
    private static func short(_ value: Double) -> String {
        guard value > 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
        let exponent = Int(log10(value).rounded(.down))
        return "\((value / pow(10, Double(exponent)) * 10).rounded() / 10)e\(exponent)"
    }
}
