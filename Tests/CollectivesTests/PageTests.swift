import Foundation
import TestSupport
import Testing

/// The pages of Collectives: programs, their output and names of the library.
@Suite(.serialized) struct CollectivesPageTests {
    private static let package = Repository.root + "/Packages/Collectives"

    /// A block of a page: what it is marked as, and its text.
    private struct Block {
        let page: String
        let kind: String
        let text: String

        /// Lines as they are compared: a part of a program may be less indented on a page.
        var lines: [String] { Self.lines(text) }

        static func lines(_ text: String) -> [String] {
            text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private static func pages() throws -> [String] {
        let catalogue = "Sources/Collectives/Collectives.docc"
        let names = try names(in: package + "/" + catalogue).filter { $0.hasSuffix(".md") }
        #expect(names.count >= 10)
        return ["README.md"] + names.map { catalogue + "/" + $0 }
    }

    private static func blocks() throws -> [Block] {
        try pages().flatMap { page in
            try text(package + "/" + page).matches(of: /(?ms)^```(\w+)\n(.*?)^```$/).map {
                Block(page: page, kind: String($0.1), text: String($0.2))
            }
        }
    }

    /// The programs, by the folder of each.
    private static func programs() throws -> [String: String] {
        let folder = package + "/Examples"
        let programs = try names(in: folder).map { ($0, try text("\(folder)/\($0)/main.swift")) }
        #expect(programs.count >= 5)
        return Dictionary(uniqueKeysWithValues: programs)
    }

    private static func isManifest(_ block: Block) -> Bool {
        block.text.hasPrefix("// swift-tools-version") || block.text.hasPrefix("dependencies:")
    }

    @Test func everyExampleIsOnAPage() throws {
        let shown = try Self.blocks().filter { $0.kind == "swift" }.map(\.text)
        for (folder, program) in try Self.programs() { #expect(shown.contains(program), "Examples/\(folder)") }
    }

    @Test func everyProgramOnAPageIsOfAnExample() throws {
        let programs = try Self.programs().values.map(Block.lines)
        for block in try Self.blocks() where block.kind == "swift" && !Self.isManifest(block) {
            #expect(programs.contains { $0.contains(block.lines) }, "\(block.page):\n\(block.text)")
        }
    }

    /// What differs between machines and runs is made the same.
    private static func comparable(_ text: String) -> String {
        text.replacing(/error on rank \d+/, with: "error on rank 0").replacing(/\([\w.-]+\)/, with: "(host)")
            .replacing(/\d+ % done, [\d.]+ s ago/, with: "some time ago")
    }

    /// Each example is started on a page, and what it writes stands in the next block.
    @Test func everyOutputOnAPageIsWritten() async throws {
        let blocks = try Self.blocks()
        var started: Set<String> = []
        for (command, output) in zip(blocks, blocks.dropFirst()) where command.kind == "sh" && output.kind == "text" {
            let start = /mpirun -np (\d+) \.build\/release\/([\w-]+)/
            guard let match = command.text.firstMatch(of: start) else { continue }
            // The first program is that of a package of the reader's.
            let name = match.2 == "primes" ? "first-program" : String(match.2).replacing("collectives-", with: "")
            started.insert(name)
            let outcome = try await Example.run(name, ranks: try #require(Int(match.1)))
            let written = Self.comparable(outcome.exitCode == 0 ? outcome.output : outcome.error)
            #expect(written.contains(Self.comparable(output.text)), "\(command.page): \(outcome.report)")
        }
        #expect(started.count == (try Self.programs().count))
    }

    /// The first program, as it stands on its page, in a package as it stands there.
    @Test func theFirstProgramIsBuilt() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.file("primes/Sources/primes"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("photoz"), withDestinationPath: Repository.root)
        let blocks = try Self.blocks().filter { $0.page.hasSuffix("First-Program.md") && $0.kind == "swift" }
        try #require(blocks.count == 2)
        for (block, name) in zip(blocks, ["Package.swift", "Sources/primes/main.swift"]) {
            try block.text.write(toFile: folder.file("primes/" + name), atomically: true, encoding: .utf8)
        }
        let built = try await Launch.run(
            "swift", ["build", "-c", "release", "--package-path", folder.file("primes")], limit: 600,
            environment: ["XDG_CACHE_HOME": folder.file("cache")])
        try #require(built.exitCode == 0, "\(built.report)")
        // It resolves nothing.
        #expect(!FileManager.default.fileExists(atPath: folder.file("primes/Package.resolved")))
        let outcome = try await Launch.mpirun(
            ranks: 2, folder.file("primes/.build/release/primes"), [], limit: 60)
        #expect(outcome.output == "9592 primes below 100000, counted by 2 ranks\n", "\(outcome.report)")
    }

    /// The sources of the library, one behind another.
    private static func sources() throws -> String {
        let folder = package + "/Sources/Collectives"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        return try files.map { try text(folder + "/" + $0) }.joined()
    }

    /// What a page's tables call by name, in code: in their first column, or in those behind what is called elsewhere.
    private static func calls(on page: String) throws -> [String] {
        let rows = try text(package + "/" + page).split(separator: "\n").filter { $0.hasPrefix("|") }
        return rows.flatMap { row -> [String] in
            let cells = row.split(separator: "|")
            if page.contains("From-") {
                let here = cells.dropFirst().joined()
                return here.matches(of: /\b(?:world|part|pending|window|MPI)\.([a-z]\w*)/).map { String($0.1) }
                    + here.matches(of: /`\.([a-z]\w*)/).map { String($0.1) }
            }
            return cells[0].matches(of: /`(?:MPI)?\.?([A-Za-z]\w*)(?:\(.*?\))?`/).map { String($0.1) }
        }
    }

    /// Names in the tables are names of the library.
    @Test func everyCallInATableExists() throws {
        let sources = try Self.sources()
        var compared = 0
        let kinds = "(?:public [^\n]*(?:func|var|let|class|struct|enum)|case)"
        let withNames = ["From-", "Collectives.md", "Calls.md", "Reductions.md", "Deadlines-And-Errors.md"]
        for page in try Self.pages() where withNames.contains(where: page.contains) {
            for name in try Self.calls(on: page) {
                #expect(sources.contains(try Regex("\(kinds) \(name)\\b")), "\(page): \(name)")
                compared += 1
            }
        }
        #expect(compared > 150)
    }
}
