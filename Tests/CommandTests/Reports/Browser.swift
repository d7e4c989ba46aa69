import Foundation
import TestSupport
import Testing

/// A headless browser, which says what it made of a page.
struct Browser {
    /// What one drawing became on the screen.
    struct Drawing: Decodable {
        let figure: String
        /// Shapes of the data (not of the frame), and those of them that are in the picture with some extent and
        /// colour.
        let shapes: Int
        let visible: Int
        /// Pixels of the drawing on the page.
        let width: Double
        let height: Double
    }

    struct Findings: Decodable {
        let errors: [String]
        let drawings: [Drawing]
        /// How much wider than the window the page is, pixels.
        let overflow: Double
        /// How much of the widest table lies beyond its frame, pixels.
        let cut: Double
        let requests: Int
    }

    /// Pixels between the margins of a sheet of A4.
    static let paper = 718

    /// Opens a page in a window of this width; at the width of paper, with the styles for paper.
    ///
    /// A script is added to a copy of the page; the page itself has none.
    static func open(_ page: String, width: Int, in folder: TemporaryFolder) async throws -> Findings {
        var html = try String(contentsOfFile: page, encoding: .utf8)
        if width == paper {
            html = html.replacingOccurrences(of: "@media print", with: "@media all")
                .replacingOccurrences(of: "padding:16px 20px 48px", with: "padding:0")
        }
        let copy = folder.file("with-script-\(width).html")
        try html.replacingOccurrences(of: "<body>", with: "<body><script>\(listen)</script>")
            .replacingOccurrences(of: "</body>", with: "<script>\(examine)</script></body>")
            .write(toFile: copy, atomically: true, encoding: .utf8)
        let outcome = try await Launch.run(
            "/usr/bin/env",
            [
                ProcessInfo.processInfo.environment["CHROMIUM"] ?? "chromium", "--headless", "--no-sandbox",
                "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=\(folder.file("profile"))",
                "--window-size=\(width),900", "--virtual-time-budget=2000", "--dump-dom", "file://\(copy)",
            ], limit: 60)
        let parts = outcome.output.components(separatedBy: "FINDINGS")
        try #require(parts.count == 3, "the browser said: \(outcome.output.suffix(500)) \(outcome.error.suffix(500))")
        return try JSONDecoder().decode(Findings.self, from: Data(parts[1].utf8))
    }

    private static let listen = """
        window.problems = [];
        window.addEventListener("error", e => problems.push(String(e.message)), true);
        """

    private static let examine = """
        window.addEventListener("load", () => {
          const drawings = [...document.querySelectorAll("figure")].map(figure => {
            const svg = figure.querySelector("svg"), page = svg.getBoundingClientRect();
            const shapes = [...svg.querySelectorAll(".density, .bar, .band, .series, .accent")].filter(s => s.tagName != "text");
            const visible = shapes.filter(shape => {
              const box = shape.getBoundingClientRect(), look = getComputedStyle(shape);
              const inked = look.fill != "none" || look.stroke != "none";
              return inked && box.width + box.height > 0 && box.left >= page.left - 1 && box.right <= page.right + 1
                && box.top >= page.top - 1 && box.bottom <= page.bottom + 1;
            });
            return {figure: figure.id, shapes: shapes.length, visible: visible.length, width: page.width, height: page.height};
          });
          const overflow = document.documentElement.scrollWidth - window.innerWidth;
          const frames = [...document.querySelectorAll(".scroll")].map(f => f.scrollWidth - f.clientWidth);
          const cut = Math.max(0, ...frames);
          const requests = performance.getEntriesByType("resource").length;
          const text = JSON.stringify({errors: problems, drawings, overflow, cut, requests});
          document.body.textContent = "FINDINGS" + text + "FINDINGS";
        });
        """
}
