import Survey

/// Single galaxies: an image, a distribution, and their numbers.
struct GalaxyGallery {
    private let columns: Int
    private let cell: (width: Double, height: Double)
    /// Sides of an image, and of the distribution beside it.
    private let side: Double

    private let galaxies: [ChosenGalaxy]
    private let bands: [String]
    private let softening: [Double]?
    private let limit: Double

    /// - Parameters:
    ///   - galaxies: In their order; at least one.
    ///   - inputs: What images are of; nil where they are not there.
    init(_ galaxies: [ChosenGalaxy], _ inputs: GalaxyInputs?) {
        self.galaxies = galaxies
        bands = inputs?.bands ?? []
        softening = inputs.flatMap { Self.softening($0.schema) }
        let redshifts = galaxies.flatMap { galaxy in
            let place = galaxy.curve?.probabilities.lastIndex { $0 <= 0.99 }
            let end = place.flatMap { galaxy.curve?.redshifts[$0] } ?? 0
            return [Double(galaxy.predicted), Double(galaxy.spectroscopic), end]
        }.filter(\.isFinite)
        // Full rows, where that can be.
        columns = galaxies.count % 5 == 0 ? 5 : 4
        let width = (Figure.width - 8) / Double(columns)
        side = (width - 12) / 2
        cell = (width, side + 50)
        limit = min(max(redshifts.max() ?? 1, 0.05) * 1.1, 1e6)
    }

    private static func softening(_ schema: PartitionSchema) -> [Double]? {
        guard schema.trained.units?.lowercased().hasPrefix("asinh") ?? false else { return nil }
        return schema.trained.softening ?? [Double](repeating: 1, count: schema.bands)
    }

    /// - Parameters:
    ///   - name: The figure's name.
    ///   - title: What the galaxies are, as a sentence without its end.
    func figure(_ name: String, _ title: String) -> Figure {
        let rows = (galaxies.count + columns - 1) / columns
        let hasImages = galaxies.contains { $0.input != nil }
        let hasCurves = galaxies.contains { $0.curve != nil }
        let isLabelled = galaxies.contains { $0.residual != nil }
        var figure = Figure(
            name,
            caption: title
                + (hasImages && bands.count > 2
                    ? ". Colours: \(colours) as red, green and blue, after an asinh of their mean" : "")
                + (hasCurves ? ". Beside: the distribution p(z)" : ". Beside: the redshift")
                + ", up to z = \(decimal(limit, 2))"
                + "; the line is the photometric redshift p"
                + (isLabelled ? ", the dashed one the spectroscopic z." : "."),
            numbers: table, height: Double(rows) * cell.height + 8, isWide: true)
        for (place, galaxy) in galaxies.enumerated() {
            let (row, column) = place.quotientAndRemainder(dividingBy: columns)
            draw(
                galaxy, place + 1, at: (6 + Double(column) * cell.width, 8 + Double(row) * cell.height),
                in: &figure)
        }
        return figure
    }

    private var colours: String {
        let chosen = ColourComposite.bands(of: bands.count)
        return [chosen.red, chosen.green, chosen.blue].map { bands[$0] }.joined(separator: ", ")
    }

    // MARK: One galaxy

    private func draw(_ galaxy: ChosenGalaxy, _ number: Int, at: (x: Double, y: Double), in figure: inout Figure) {
        let image = Rectangle(x: at.x, y: at.y, width: side, height: side)
        if let picture = picture(galaxy) {
            figure.add(.picture(picture, image))
        } else {
            figure.add(.text("no image", x: image.x + image.width / 2, y: image.y + 34, style: "middle tiny title"))
        }
        figure.add(.box(image, style: "frame hair", tip: tip(galaxy)))
        drawCurve(
            galaxy, Rectangle(x: at.x + side + 5, y: at.y, width: side, height: side),
            in: &figure)
        for (line, text) in lines(galaxy, number).enumerated() {
            figure.add(
                .text(
                    text, x: at.x, y: at.y + side + 10 + 9.5 * Double(line),
                    style: line == 0 ? "tiny strong" : "tiny"))
        }
    }

    private func picture(_ galaxy: ChosenGalaxy) -> Picture? {
        guard let image = galaxy.input?.image, !bands.isEmpty else { return nil }
        let size = Int(Double(image.count / bands.count).squareRoot().rounded())
        return ColourComposite.picture(image, bands: bands.count, size: size, softening: softening)
    }

    private func drawCurve(_ galaxy: ChosenGalaxy, _ frame: Rectangle, in figure: inout Figure) {
        figure.add(.box(frame, style: "frame hair", tip: ""))
        let pieces = (galaxy.curve?.pieces ?? []).filter { $0.to > 0 && $0.from < limit }
        let top = Self.height(pieces) * 1.15
        let panel = Panel(x: Axis(exactly: 0...limit), y: Axis(exactly: 0...top), frame: frame)
        let row = figure.add(panel)
        let bars = pieces.filter { $0.density > top / 200 }.map { piece -> Mark.Step in
            let (from, to) = (
                panel.point(max(piece.from, 0), min(piece.density, top)), panel.point(min(piece.to, limit), 0)
            )
            return .box(Rectangle(x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y))
        }
        if !bars.isEmpty { figure.add(.path(bars, style: "bar")) }
        for (redshift, style) in [
            (galaxy.spectroscopic, "line accent dashed hair"), (galaxy.predicted, "line accent hair"),
        ] {
            let redshift = Double(redshift)
            guard redshift >= 0, redshift <= limit else { continue }
            figure.line([(redshift, 0), (redshift, top)], style: style, row: row)
        }
    }

    /// The density above which no more than a twentieth of the probability lies: a narrow peak must not press the rest
    /// down.
    private static func height(_ pieces: [(from: Double, to: Double, density: Double)]) -> Double {
        let whole = pieces.reduce(0) { $0 + $1.density * ($1.to - $1.from) }
        var above = 0.0
        for piece in pieces.sorted(by: { $0.density > $1.density }) {
            above += piece.density * (piece.to - piece.from)
            if above > whole / 20 { return min(max(piece.density, 1e-9), 1e300) }
        }
        return 1
    }

    private func lines(_ galaxy: ChosenGalaxy, _ number: Int) -> [String] {
        let name =
            galaxy.identifier ?? galaxy.place.map { "partition \($0.partition), row \($0.row)" } ?? "row \(galaxy.row)"
        let redshifts =
            "p \(decimal(Double(galaxy.predicted), 4))"
            + (galaxy.residual == nil ? "" : ", z \(decimal(Double(galaxy.spectroscopic), 4))")
        let rest = [
            galaxy.residual.map { "d \(decimal($0, 3))" }, galaxy.transform.map { "PIT \(decimal($0, 3))" },
            galaxy.residual == nil ? magnitude(galaxy) : nil,
        ].compactMap(\.self)
        let flags = flagNames(galaxy)
        return [
            "\(number)  \(name.count > 22 ? "…" + name.suffix(21) : name)", redshifts, rest.joined(separator: ", "),
        ]
            + (flags.isEmpty ? [] : [flags.count == 1 ? flags[0] : "\(flags[0]) and \(flags.count - 1) more"])
    }

    private func magnitude(_ galaxy: ChosenGalaxy) -> String? {
        guard let magnitudes = galaxy.input?.magnitudes, magnitudes.count == bands.count, !bands.isEmpty else {
            return nil
        }
        return "\(bands[bands.count / 2]) \(decimal(Double(magnitudes[bands.count / 2]), 2))"
    }

    /// But for the one that says what can be seen: that there is no spectroscopic redshift.
    private func flagNames(_ galaxy: ChosenGalaxy) -> [String] {
        let flags = galaxy.flags & ~GalaxyFlags.redshiftMissing.rawValue
        return GalaxyFlags.names.enumerated().filter { flags >> UInt32($0.offset) & 1 == 1 }.map(\.element)
    }

    private func tip(_ galaxy: ChosenGalaxy) -> String {
        let magnitudes = galaxy.input.map { input in
            zip(bands, input.magnitudes).map { "\($0) \(decimal(Double($1), 2))" }.joined(separator: ", ")
        }
        return ([magnitudes].compactMap(\.self) + flagNames(galaxy)).joined(separator: ", ")
    }

    private var table: TextTable {
        TextTable(
            [
                "row", "partition", "row_of_partition", "object_id", "redshift_predicted", "redshift", "d", "pit",
                "flags",
            ] + bands,
            galaxies.map { galaxy in
                [
                    "\(galaxy.row)", galaxy.place.map { "\($0.partition)" } ?? "",
                    galaxy.place.map { "\($0.row)" } ?? "",
                    galaxy.identifier ?? "",
                ]
                    + [Double(galaxy.predicted), Double(galaxy.spectroscopic), galaxy.residual, galaxy.transform].map(
                        plain)
                    + ["\(galaxy.flags)"]
                    + bands.indices.map { band in plain(galaxy.input.map { Double($0.magnitudes[band]) }) }
            })
    }
}
