import ArgumentParser
import PhotozJob
import PhotozMachine
import PhotozReport

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
            try OwnFile.reportPage.requireReplaceable(output)
            let report = try Report(folders: results)
            let figures = try report.writeReplacingOwn(output)
            Exit.show("\(output), figures in \(figures)")
        } catch {
            Exit.withoutMPI(error)
        }
    }
}

extension OwnFile {
    /// The page of a report.
    static let reportPage = OwnFile.text("a page of photoz report", beginning: Report.pageMark)
}

extension Report {
    /// Writes the page and its figures, where no file of somebody else's is in their way.
    ///
    /// - Returns: The folder of the figures.
    /// - Throws: ``JobError`` with code 73 before anything is written, ``ReportError`` of kind `unwritable`.
    func writeReplacingOwn(_ page: String) throws -> String {
        try OwnFile.reportPage.requireReplaceable(page)
        let figure = OwnFile.text("a figure of photoz report", beginning: Report.figureMark)
        for file in figureFiles(of: page) { try figure.requireReplaceable(file) }
        return try write(to: page)
    }
}
