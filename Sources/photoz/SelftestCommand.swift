import ArgumentParser
import Job

/// `photoz selftest`
struct SelftestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Compare this machine's redshifts of 32 galaxies with those of the published network.",
        discussion: "Every precision with every instruction set of the processor. Exit code 70 when a redshift is off.")

    @Option(help: ArgumentHelp("The project's folder Data; looked for unless given.", valueName: "folder"))
    var data: String?

    func run() {
        do {
            var failed = 0
            let start = ContinuousClock.now
            try Selftest(folder: data).run { outcome in
                failed += outcome.isGood ? 0 : 1
                let name = "\(outcome.instructionSet), \(outcome.precision.rawValue)"
                let padding = String(repeating: " ", count: max(1, 24 - name.count))
                print(
                    "\(name)\(padding)off by at most \(outcome.error)  \(outcome.isGood ? "good" : "WRONG, limit \(outcome.limit)")"
                )
            }
            guard failed == 0 else {
                throw JobError(
                    .unexpected,
                    "\(failed) combinations are off: do not use them on this machine (--precision, --instruction-set), and tell the developers what photoz inspect --cpu prints"
                )
            }
            let seconds = ((ContinuousClock.now - start) / .milliseconds(100)).rounded() / 10
            print("All good, in \(seconds) s.")
        } catch {
            Exit.withoutMPI(error)
        }
    }
}
