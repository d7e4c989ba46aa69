/// A frame with its axes: where numbers lie in a drawing.
struct Panel {
    let x: Axis
    let y: Axis
    let frame: Rectangle

    /// Where a point lies in the drawing.
    func point(_ horizontal: Double, _ vertical: Double) -> (x: Double, y: Double) {
        (frame.x + x.place(horizontal) * frame.width, frame.bottom - y.place(vertical) * frame.height)
    }

    /// Frame, lines at the ticks, their numbers and the titles.
    ///
    /// - Parameters:
    ///   - hasAbscissa: Whether numbers and title stand below it.
    ///   - names: Names of the rows, from the bottom up, in place of numbers.
    func axes(hasAbscissa: Bool, names: [String]?) -> [Mark] {
        var marks: [Mark] = [.box(frame, style: "frame", tip: "")]
        for tick in x.ticks {
            let place = frame.x + x.place(tick) * frame.width
            marks.append(.path([.move(place, frame.y), .line(place, frame.bottom)], style: "grid"))
            guard hasAbscissa else { continue }
            marks.append(.text(x.label(tick), x: place, y: frame.bottom + 18, style: "middle"))
        }
        for (index, tick) in y.ticks.enumerated() where names == nil || index < (names?.count ?? 0) {
            // Names stand beside the middle of their row, numbers beside their line.
            let place = frame.bottom - y.place(names == nil ? tick : tick + 0.5) * frame.height
            if names == nil { marks.append(.path([.move(frame.x, place), .line(frame.right, place)], style: "grid")) }
            marks.append(.text(names?[index] ?? y.label(tick), x: frame.x - 8, y: place + 4, style: "end"))
        }
        if hasAbscissa {
            marks.append(.text(x.title, x: frame.x + frame.width / 2, y: frame.bottom + 40, style: "middle title"))
        }
        marks.append(.text(y.title, x: 16, y: frame.y + frame.height / 2, style: "middle title", isTurned: true))
        return marks
    }
}
