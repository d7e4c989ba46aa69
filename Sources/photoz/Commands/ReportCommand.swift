import ArgumentParser
import PhotozJob
import PhotozMachine
import PhotozReport

/// `photoz report`
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Draw the results of one run, or of several side by side, as a page for the browser.",
        discussion: HelpText.discussion(
            """
            The page is one file that needs no network. Its figures are also written as SVG and PDF, and the numbers in \
            them as CSV, to a folder named after the page, with -figures at the end. Images and magnitudes of galaxies are read \
            from the partitions of the run, if they are still there.
            """,
            examples: [
                "photoz report results/ --output report.html"
            ],
            exitCodes: [.wrongUsage, .badData, .inputMissing, .outputRefused, .inputOutput],
            meanings: [
                .outputRefused: "a file that photoz did not write would be replaced, or there is no room"
            ]))

    @Argument(help: ArgumentHelp("Output folders of photoz run.", valueName: "folder"))
    var results: [String]

    @Option(help: ArgumentHelp("The page, FILE.html; one that is there is replaced.", valueName: "file"))
    var output: String

    @Flag(
        help:
            "Also write the figures as PNG. A Chromium draws them: one on the PATH, or the one that CHROMIUM names in the environment."
    )
    var png = false

    func validate() throws {
        guard !results.isEmpty else { throw ValidationError("Give at least one output folder of photoz run.") }
        guard output.hasSuffix(".html") else { throw ValidationError("--output must end in .html.") }
    }

    func run() {
        do {
            let parent = folder(of: output)
            guard isFolder(parent) else {
                throw JobError(.outputRefused, "\(output): \(parent) is not a folder; make it first")
            }
            try OwnFile.reportPage.requireReplaceable(output)
            let pictures = png ? try ReportPictures() : nil
            let report = try Report(folders: results, inputs: ReportInputs.find)
            let figures = try report.writeReplacingOwn(output, hasPictures: png)
            try pictures?.draw(report.figureFiles(of: output))
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
    /// - Parameter hasPictures: Whether pictures in pixels are to follow.
    /// - Returns: The folder of the figures.
    /// - Throws: ``JobError`` with code 73 before anything is written, ``ReportError`` of kind `unwritable`.
    func writeReplacingOwn(_ page: String, hasPictures: Bool = false) throws -> String {
        try OwnFile.reportPage.requireReplaceable(page)
        let kind = "a figure of photoz report"
        let figure = OwnFile.text(kind, beginning: Report.figureMark, Report.pdfMark, Report.numbersMark)
        let picture = OwnFile.bytes(kind, Report.pictureMark, at: Report.pictureMarkPlace)
        for files in figureFiles(of: page) {
            for file in [files.svg, files.pdf, files.csv] { try figure.requireReplaceable(file) }
            if hasPictures { try picture.requireReplaceable(files.png) }
        }
        return try write(to: page)
    }
}
