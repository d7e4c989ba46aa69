import ArgumentParser
import Job
import Report

/// `photoz report`
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Draw the results of one run, or of several beside each other, as a page for the browser.",
        discussion: """
            The page is one file that needs no network. Its figures are also written as SVG files, in a folder with the \
            page's name and -figures.
            """)

    @Argument(help: ArgumentHelp("Output folders of photoz run.", valueName: "folder"))
    var results: [String]

    @Option(help: ArgumentHelp("The page, FILE.html; replaced when it is there.", valueName: "file"))
    var output: String

    func validate() throws {
        guard !results.isEmpty else { throw ValidationError("Give at least one output folder of photoz run.") }
        guard output.hasSuffix(".html") else { throw ValidationError("--output must end in .html.") }
    }

    func run() {
        do {
            let figures = try Report(folders: results).write(to: output)
            print("\(output), figures in \(figures)")
        } catch {
            Exit.withoutMPI(JobError(error.code, error.description))
        }
    }
}

extension ReportError {
    /// The documented exit code.
    var code: JobError.Code {
        switch kind {
        case .missing: .inputMissing
        case .damaged: .badData
        case .unwritable: .outputRefused
        }
    }
}
