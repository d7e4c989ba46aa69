import TestSupport
import Testing

import MockSurvey

/// Catalogues that are good, odd and bad.
@Suite struct CatalogTests {
    private static let names = "redshift,u,g,r,i,z"
    private static let row = "0.1,19,18,17.5,17.25,17"

    @Test(arguments: ["\n", "\r\n", "\n\n", "  \n"]) func linesEndAsTheyLike(end: String) throws {
        let text = [Self.names, Self.row, Self.row].joined(separator: end)
        #expect(try Catalog(text: text, path: "c.csv").rows.count == 2)
        #expect(try Catalog(text: "\u{feff}" + text + end, path: "c.csv").rows.count == 2)
    }

    @Test func blanksAndQuotationMarks() throws {
        let text = " redshift , \"u\",g,r,i,z\n 0.1, \"19\" ,18,17.5,1.725e1, 17\n"
        let catalog = try Catalog(text: text, path: "c.csv")
        #expect(catalog.rows.count == 1 && catalog.rows[0].magnitudes.u == 19 && catalog.rows[0].magnitudes.i == 17.25)
    }

    static let faults: [(String, Catalog.Failure)] = [
        ("", .missingColumns(path: "c.csv", names: ["redshift", "u", "g", "r", "i", "z"])),
        ("redshift,u,g,z\n", .missingColumns(path: "c.csv", names: ["r", "i"])),
        (names + "\n", .empty(path: "c.csv")),
        (
            names + "\n" + row + "\n0.1,19\n",
            .badRow(path: "c.csv", row: 2, reason: "has 2 values, and the first line names 6")
        ),
    ]

    @Test(arguments: faults) func whatIsMissing(text: String, failure: Catalog.Failure) {
        #expect(throws: failure) { try Catalog(text: text, path: "c.csv") }
    }

    @Test(arguments: ["inf", "nan", "", "abc", "-9999", "99", "1e400", "0x1p3x", "17;5"])
    func rowsThatAreNoGalaxies(value: String) {
        let text = "\(Self.names)\n\(Self.row)\n0.1,19,18,\(value),17,17\n"
        let error = #expect(throws: Catalog.Failure.self) { try Catalog(text: text, path: "c.csv") }
        #expect("\(error!)".hasPrefix("c.csv: row 2: r is \"\(value)\""))
    }

    @Test func anyBytes() {
        // Mutations of a good file, and noise: an error or a catalogue of finite numbers, never a crash.
        var numbers = SeededNumbers(seed: 4)
        let good = Array("\(Self.names)\n\(Self.row)\n\"0.2\",19,18,17.5,17.25,17\n".utf8)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &numbers) {
                let place = Int.random(in: 0..<bytes.count, using: &numbers)
                switch Int.random(in: 0..<3, using: &numbers) {
                case 0: bytes[place] = [44, 34, 10, 13, 32, 46, 45, 101, 48, 57, 200].randomElement(using: &numbers)!
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &numbers)], at: place)
                }
            }
            if let catalog = try? Catalog(text: String(decoding: bytes, as: UTF8.self), path: "c.csv") {
                for row in catalog.rows {
                    #expect(row.magnitudes.inOrder.allSatisfy { (0...40).contains($0) })
                }
            }
        }
    }
}
