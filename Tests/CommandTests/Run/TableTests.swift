import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `run --csv`: the numbers of `predictions.h5`.
    @Suite(.serialized) struct TableTests {
        private let input = try! TemporaryFolder()
        private let scratch = try! TemporaryFolder()

        private func run(ranks: Int, _ more: [String] = []) async throws -> Output {
            let output = Output(folder: scratch.file("out\(ranks)"))
            let outcome = try await Photoz.run(
                ranks: ranks, data: [input.path], output: output.folder, ["--csv", "--batch-size", "16"] + more,
                limit: 180)
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            #expect(output.names == (Output.finished + ["predictions.csv"]).sorted())
            return output
        }

        /// Records of a table whose fields may be quoted (RFC 4180).
        private func records(_ text: String) -> [[String]] {
            var (records, fields, field, isQuoted) = ([[String]](), [String](), "", false)
            var rest = text[...]
            while let character = rest.popFirst() {
                switch character {
                case "\"" where isQuoted && rest.first == "\"": field.append(rest.removeFirst())
                case "\"": isQuoted.toggle()
                case "," where !isQuoted:
                    fields.append(field)
                    field = ""
                case "\n" where !isQuoted:
                    records.append(fields + [field])
                    (fields, field) = ([], "")
                default: field.append(character)
                }
            }
            #expect(fields.isEmpty && field.isEmpty && !isQuoted, "the last line has no end")
            return records
        }

        private func expectEqual(_ texts: [String], _ numbers: [Float]) {
            #expect(texts.count == numbers.count)
            for (text, number) in zip(texts, numbers) {
                if number.isNaN {
                    #expect(text == "")
                } else {
                    #expect(Float(text)?.bitPattern == number.bitPattern, "\(text) for \(number)")
                }
            }
        }

        @Test("Bit for bit the numbers of predictions.h5, for every number of ranks")
        func sameNumbers() async throws {
            // Names that would break a table, redshifts that are not known, and a magnitude that is missing.
            var first = MockSurvey.Variation()
            first.identifiers = (0..<40).map { $0 == 3 ? "a,\"b\"\nc" : $0 == 4 ? "" : "J\($0)" }
            first.changeMagnitudes = { $0[5 * 7] = -99 }
            try MockSurvey().write(input.file("1,\"a\".h5"), count: 40, first)
            var second = MockSurvey.Variation()
            second.identifiers = (0..<25).map { "K\($0)" }
            second.hasRedshift = false
            try MockSurvey().write(input.file("2.h5"), first: 40, count: 25, second)

            let views = ["--views", "2"]
            let output = try await run(ranks: 1, views)
            let table = records(String(decoding: try output.bytes("predictions.csv"), as: UTF8.self))
            let head = [
                "partition", "row", "object_id", "redshift_predicted", "redshift", "view_scatter", "flags",
            ]
            try #require(table.first == head && table.count == 66 && table.allSatisfy { $0.count == head.count })
            func column(_ name: String) -> [String] { table.dropFirst().map { $0[head.firstIndex(of: name)!] } }

            for name in head[3..<6] { expectEqual(column(name), try output.floats(name)) }
            #expect(column("flags") == (try output.integers("flags")).map(String.init))
            #expect(column("view_scatter")[7] == "")
            #expect(column("redshift_predicted")[7] == "" && column("redshift_predicted")[8] != "")
            #expect(column("redshift")[39] != "" && column("redshift")[40] == "")
            let rows = try output.integers("row")
            #expect(column("row") == rows.map(String.init))
            let file = try File.open(output.folder + "/predictions.h5")
            #expect(column("object_id") == (try file.dataset("object_id").readStrings(rows: 0..<65)))
            let names = try file.attributeStrings("partitions")
            #expect(column("partition") == (try output.integers("partition")).map { names[$0] })
            #expect(names == ["1,\"a\".h5", "2.h5"])

            for ranks in [2, 3, 5] {
                let other = try await run(ranks: ranks, views)
                #expect(try other.bytes("predictions.csv") == output.bytes("predictions.csv"), "\(ranks) ranks")
            }
        }

        @Test func columnsThatThereAre() async throws {
            var variation = MockSurvey.Variation()
            variation.integerIdentifiers = true
            try MockSurvey().write(input.file("1.h5"), count: 20, variation)
            let output = try await run(ranks: 2)
            let table = records(String(decoding: try output.bytes("predictions.csv"), as: UTF8.self))
            #expect(table[0] == ["partition", "row", "object_id", "redshift_predicted", "redshift", "flags"])
            #expect(table.dropFirst().map { $0[2] } == (try output.integers("object_id")).map(String.init))

            try MockSurvey().write(input.file("1.h5"), count: 20)
            let plain = try await run(ranks: 2, ["--overwrite"])
            let head = String(decoding: try plain.bytes("predictions.csv"), as: UTF8.self).prefix { $0 != "\n" }
            #expect(head == "partition,row,redshift_predicted,redshift,flags")

            // Results without a table leave no old one beside them.
            let outcome = try await Photoz.run(
                ranks: 2, data: [input.path], output: plain.folder, ["--overwrite"], limit: 60)
            #expect(outcome.exitCode == 0 && plain.names == Output.finished, "\(outcome.report)")
        }
    }
}
