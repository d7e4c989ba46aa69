import FoundationEssentials
import PhotozText

/// A page about one or several runs, with the figures that belong to it.
package struct Report {
    var page = Page()
    var figures: [Figure] = []
    let title: String
    /// Several runs beside each other; nil for one.
    package var table: TextTable?

    /// Reads the results and draws the figures.
    ///
    /// - Parameters:
    ///   - folders: Output folders of finished runs; at least one.
    ///   - inputs: Finds how galaxies lie in the partitions of a run, for images and magnitudes; nil to leave these
    ///     out.
    /// - Throws: ``ReportError`` when one is missing something, or is damaged.
    package init(folders: [String], inputs: RunInputs.Finder? = nil) throws(ReportError) {
        var records: [RunRecord] = []
        for folder in folders { records.append(try RunRecord(folder: folder)) }
        title = records.count == 1 ? "Photometric redshifts: \(folders[0])" : "\(records.count) runs of photoz"
        if records.count == 1 { try describe(records[0], inputs) } else { try compare(records) }
    }

    /// How pages begin: by this they are known.
    package static let pageMark =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta name=\"generator\" content=\"photoz report\">"
    /// How the files of figures begin.
    package static let figureMark = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- A figure of photoz report. -->"
    /// How the same as PDF begin.
    package static let pdfMark = Figure.pdfMark
    /// How the numbers behind them begin.
    package static let numbersMark = "# The numbers of a figure of photoz report: "
    /// How the table of several runs begins as CSV.
    package static let tableMark = "ranks,batch_size,partitions,galaxies"

    /// What pictures in pixels have behind their head.
    package static let pictureMark = Picture.chunk("tEXt", Array("Software\0photoz report".utf8))
    /// Where: their head has a fixed length.
    package static let pictureMarkPlace = Picture.signature.count + 25

    /// A picture in pixels with this program's mark.
    ///
    /// - Parameter picture: A file of PNG.
    /// - Returns: Nil when it is none.
    package static func marked(_ picture: [UInt8]) -> [UInt8]? {
        guard picture.starts(with: Picture.signature), picture.count > pictureMarkPlace else { return nil }
        return picture[..<pictureMarkPlace] + pictureMark + picture[pictureMarkPlace...]
    }

    // MARK: Writing

    /// The files of a figure.
    package struct FigureFiles {
        package let svg: String
        package let pdf: String
        package let csv: String
        /// Of a picture in pixels.
        package let png: String
        /// Units, of which a picture has two pixels each.
        package let size: (width: Int, height: Int)
    }

    /// The figures' files beside a page, in the page's folder of figures.
    ///
    /// - Parameter page: `FILE.html`
    package func figureFiles(of page: String) -> [FigureFiles] {
        figures.map { figure in
            let path = "\(Self.figureFolder(of: page))/\(figure.name)"
            return FigureFiles(
                svg: path + ".svg", pdf: path + ".pdf", csv: path + ".csv", png: path + ".png",
                size: (Int(Figure.width), Int(figure.height.rounded(.up))))
        }
    }

    private static func figureFolder(of page: String) -> String {
        (page.hasSuffix(".html") ? String(page.dropLast(5)) : page) + "-figures"
    }

    /// Writes the page, and the figures as SVG, PDF and CSV beside it, in a folder with the page's name and `-figures`.
    ///
    /// - Parameter path: The page, `FILE.html`; replaced when it is there.
    /// - Returns: The folder of the figures.
    /// - Throws: ``ReportError`` of kind `unwritable`.
    package func write(to path: String) throws(ReportError) -> String {
        let folder = Self.figureFolder(of: path)
        func write(_ bytes: some Sequence<UInt8>, _ file: String) throws {
            try Data(bytes).write(to: URL(filePath: file), options: .atomic)
        }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (files, figure) in zip(figureFiles(of: path), figures) {
                try write(figure.svg(standalone: true).utf8, files.svg)
                try write(figure.pdf, files.pdf)
                // A comment of one line, whatever folders are called.
                let caption = figure.caption.split(whereSeparator: \.isNewline).joined(separator: " ")
                try write((Self.numbersMark + caption + "\n" + figure.numbers.csv).utf8, files.csv)
            }
            let name = folder.split(separator: "/").last.map(String.init) ?? folder
            try write(page.html(title: title, figureFolder: name).utf8, path)
        } catch {
            throw ReportError(unwritable: path, error)
        }
        return folder
    }

    // MARK: Parts of every page

    mutating func show(_ drawn: [Figure]) {
        guard !drawn.isEmpty else { return }
        page.figures(drawn)
        figures += drawn
    }

    /// A line for each kind of weights: what they are, and what those that are a demonstration must not be used for.
    mutating func describeWeights(_ records: [RunRecord]) {
        var said: Set<String> = []
        for origin in records.map(\.results.provenance) {
            if let description = origin.weightsDescription, said.insert(description).inserted {
                page.opening("Weights: \(description)")
            }
            if let limits = origin.weightsDemonstration, said.insert(limits).inserted {
                page.notice(demonstrationNotice(limits))
            }
        }
    }
}
