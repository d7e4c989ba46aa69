import FoundationEssentials
import Glibc
import PhotozMachine
import PhotozReport
import PhotozSweep

/// Figures of a report in pixels, drawn by a browser that the user has.
struct ReportPictures {
    private let browser: String

    /// Finds a Chromium: the one that the environment names in `CHROMIUM`, or else one on the path.
    ///
    /// - Throws: ``JobError`` with code 66 when there is none.
    init() throws {
        let named = ProcessInfo.processInfo.environment["CHROMIUM"].flatMap { $0.isEmpty ? nil : $0 }
        let names =
            named.map { [$0] } ?? ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
        guard let found = names.lazy.compactMap(Self.found).first else {
            let what = named.map { "\($0), which CHROMIUM names, is not there" } ?? "no Chromium is on the path"
            throw JobError(
                .inputMissing,
                "--png: \(what); install Chromium or Chrome, name it with CHROMIUM=/path/to/chrome, or take the figures as SVG or PDF"
            )
        }
        browser = found
    }

    private static func found(_ name: String) -> String? {
        if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Draws figures, with two pixels for each of their units, on white.
    ///
    /// - Throws: ``JobError`` with code 73 when a picture cannot be written.
    func draw(_ figures: [Report.FigureFiles]) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/photoz-report-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for figure in figures { try draw(figure, in: folder) }
    }

    private func draw(_ figure: Report.FigureFiles, in folder: String) throws {
        let (log, unmarked) = (folder + "/log", folder + "/figure.png")
        let descriptor = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw JobError(.outputRefused, "\(log): cannot be written; check the free space") }
        defer { close(descriptor) }
        try? FileManager.default.removeItem(atPath: unmarked)
        let words =
            [
                browser, "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--force-device-scale-factor=2", "--default-background-color=FFFFFFFF",
                "--user-data-dir=\(folder)/profile", "--window-size=\(figure.size.width),\(figure.size.height)",
                "--screenshot=\(unmarked)",
            ]
            // As the superuser, in a container say, the browser has no sandbox to offer.
            + (geteuid() == 0 ? ["--no-sandbox"] : []) + [URL(filePath: absolute(figure.svg)).absoluteString]
        let outcome = Program.run(words, output: descriptor)
        let picture = FileManager.default.contents(atPath: unmarked).flatMap { Report.marked(Array($0)) }
        guard let picture else {
            let printed = FileManager.default.contents(atPath: log).map {
                String(decoding: $0.suffix(400), as: UTF8.self)
            }
            let said =
                switch outcome {
                case .success(let code):
                    "exit code \(code)\(printed.map { $0.isEmpty ? "" : ", and said: \($0)" } ?? "")"
                case .failure(let error): "\(error)"
                }
            throw JobError(.outputRefused, "\(figure.png): \(browser) drew no picture: \(said)")
        }
        do { try Data(picture).write(to: URL(filePath: figure.png), options: .atomic) } catch {
            throw JobError(.outputRefused, "\(figure.png): cannot be written: \(error); check the free space")
        }
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
