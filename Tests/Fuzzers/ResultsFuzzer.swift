import FuzzerSupport
import HDF5
import PhotozCosts

@testable import PhotozReport

/// The input is a `combined_data.json`, behind a zero byte a `Results.json`, and behind another the redshifts of
/// galaxies: for `photoz summarize`, and for `photoz report` of one run and of two.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    let (ranks, rest) = Input.halves(Input(data, size).bytes)
    let (results, redshifts) = Input.halves(rest ?? [])
    folder.fill("combined_data.json", ranks)
    folder.fill("Results.json", rest == nil ? nil : results)
    expectRefusalOrSuccess { () throws(ReportError) in
        let table = StatisticsTable([try PublishedStatistics(folder: folder.path, prices: Prices())])
        precondition(!table.text.isEmpty && !table.csv.isEmpty)
        _ = try? table.json()
    }
    if rest != nil {
        expectRefusalOrSuccess { () throws(ReportError) in _ = try Report(folders: [folder.path]) }
        expectRefusalOrSuccess { () throws(ReportError) in _ = try Report(folders: [folder.path, folder.path]) }
    }
    if let redshifts { draw(redshifts) }
    return 0
}

private func expectRefusalOrSuccess(_ body: () throws(ReportError) -> Void) {
    do { try body() } catch { precondition(error.description.hasPrefix(folder.path), "\(error)") }
}

/// The figures of galaxies whose redshifts, photometric and spectroscopic in turns, are any numbers.
private func draw(_ bytes: [UInt8]) {
    let numbers = bytes.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
    let pairs = stride(from: 0, to: numbers.count - 1, by: 2)
    let redshifts = Redshifts(
        predicted: pairs.map { numbers[$0] }, spectroscopic: pairs.map { numbers[$0 + 1] })
    drawDistributions(numbers)
    guard redshifts.count > 0 else { return }
    for figure in RedshiftFigures(redshifts).all { expectWhole(figure) }
}

/// The same numbers as rows of distributions of each kind, and as the image and redshifts of a galaxy.
private func drawDistributions(_ numbers: [Float]) {
    let marks = [0, 0.1, 0.5, 0.9, 1]
    let image = GalaxyInputs.Galaxy(image: numbers, magnitudes: [])
    let side = Int(Double(numbers.count).squareRoot())
    _ = ColourComposite.picture(Array(numbers.prefix(side * side)), bands: 1, size: side, softening: [1])?.png
    for (kind, width) in [("quant", 5), ("interp", 5), ("hist", 4)] where numbers.count >= width {
        let curve = DistributionForm(kind, marks: marks)!.curve(numbers.prefix(width).map(Double.init))
        let galaxy = ChosenGalaxy(
            row: 0, predicted: numbers[0], spectroscopic: numbers[1], flags: 1, place: nil, identifier: nil,
            curve: curve, input: image)
        expectWhole(GalaxyGallery([galaxy], nil).figure("galaxy", "A galaxy"))
    }
}

private func expectWhole(_ figure: Figure) {
    precondition(figure.svg(standalone: true).hasSuffix("</svg>\n") && figure.svg(standalone: false).hasPrefix("<svg"))
    precondition(figure.pdf.starts(with: Figure.pdfMark.utf8) && !figure.numbers.csv.isEmpty)
}

/// Beside the input: the predictions of four galaxies, which is what `num_samples` must say for a report of one run.
private let folder: MemoryFolder = {
    let folder = MemoryFolder()
    let file = try! File.create(folder.file("predictions.h5"))
    for name in ["redshift", "redshift_predicted"] {
        try! file.createDataset(name, of: Float.self, shape: [4]).write(rows: 0..<4, from: [0.1, 0.2, 0.3, 0.4])
    }
    try! file.close()
    return folder
}()
