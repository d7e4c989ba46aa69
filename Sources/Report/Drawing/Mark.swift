/// A rectangle of a drawing.
struct Rectangle {
    var x: Double
    var y: Double
    var width: Double
    var height: Double

    var right: Double { x + width }
    var bottom: Double { y + height }
}

/// A shape of a drawing, in its units, y downwards. How it looks is said by the words of its style: see ``Look``.
enum Mark {
    /// A part of a path.
    enum Step {
        case move(Double, Double)
        case line(Double, Double)
        case box(Rectangle)
    }

    case path([Step], style: String)
    /// With a text that shows when it is pointed at.
    case box(Rectangle, style: String, tip: String)
    /// The same.
    case circle(x: Double, y: Double, radius: Double, style: String, tip: String)
    /// A line of text; turned, it is read from below.
    case text(String, x: Double, y: Double, style: String, isTurned: Bool = false)
    case picture(Picture, Rectangle)
}
