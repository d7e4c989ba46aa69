import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// `photoz report --png`.
    @Suite(.serialized) struct ReportPictureTests {
        private let runs: EditedRuns

        init() async throws { runs = try await EditedRuns() }

        private func report(_ folder: String, browser: String) async throws -> Outcome {
            try await Launch.run(
                Photoz.path, ["report", folder, "--output", runs.scratch.file("page.html"), "--png"], limit: 120,
                environment: ["CHROMIUM": browser])
        }

        @Test(.timeLimit(.minutes(3))) func figuresArePictures() async throws {
            let folder = try runs.copy("run", ranks: 1, speed: 1000)
            let browser = ProcessInfo.processInfo.environment["CHROMIUM"] ?? "chromium"
            let outcome = try await report(folder, browser: browser)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            let names = try FileManager.default.contentsOfDirectory(atPath: runs.scratch.file("page-figures"))
            let (drawings, pictures) = (names.filter { $0.hasSuffix(".svg") }, names.filter { $0.hasSuffix(".png") })
            #expect(drawings.map { $0.dropLast(4) }.sorted() == pictures.map { $0.dropLast(4) }.sorted())
            for name in pictures {
                let bytes = [UInt8](try Data(contentsOf: URL(filePath: runs.scratch.file("page-figures/" + name))))
                let width = bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
                #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) && width == 1120, "\(name): \(width)")
            }
            // Its own pictures are replaced, and no others.
            #expect(try await report(folder, browser: browser).exitCode == 0)
            let other = runs.scratch.file("page-figures/" + (pictures.first ?? ""))
            try Data([0x89, 0x50, 0x4e, 0x47]).write(to: URL(filePath: other))
            let refused = try await report(folder, browser: browser)
            #expect(refused.exitCode == 73 && refused.error.contains(pictures.first ?? "?"), "\(refused.report)")
        }

        @Test func withoutABrowserNothingIsWritten() async throws {
            let folder = try runs.copy("run", ranks: 1, speed: 1000)
            let missing = try await report(folder, browser: "/nowhere/chromium")
            #expect(missing.exitCode == 66 && missing.error.contains("/nowhere/chromium"), "\(missing.report)")
            #expect(!FileManager.default.fileExists(atPath: runs.scratch.file("page.html")))
            let useless = try await report(folder, browser: "/bin/false")
            #expect(useless.exitCode == 73 && useless.error.contains("drew no picture"), "\(useless.report)")
        }
    }
}
