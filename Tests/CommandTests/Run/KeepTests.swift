import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// `run --keep`: columns of the partitions are in the predictions, each galaxy's own.
    @Suite(.serialized) struct KeepTests {
        private let input = try! TemporaryFolder()
        private let scratch = try! TemporaryFolder()
        private static let weights = Repository.fixture("small-weights.h5")
        private static let counts = [42, 0, 66]
        private static let names = "ra,count,big,half,flag,name,label,photometry/deep/mag"

        private static func ra(_ galaxy: Int) -> Double { Double(galaxy) * 3.25 + 1e-9 }
        private static func label(_ galaxy: Int) -> String { galaxy % 7 == 3 ? "" : "G,\(galaxy * galaxy)" }

        /// Partitions with columns of every kind, in other forms in each.
        private func write() throws {
            let orders = input.file("orders.raw")
            RawHDF5.create(orders) { file in
                let numbers = (0..<66).map { Double($0) - 300 }
                for isBig in [false, true] {
                    let number = RawHDF5.Number(bits: 16, isFloat: false, isBigEndian: isBig)
                    RawHDF5.write(file, "\(isBig)", shape: [66], numbers, number, .contiguous)
                }
            }
            var first = 0
            for (part, count) in Self.counts.enumerated() {
                let path = input.file("\(part + 1).h5")
                try MockSurvey().write(path, first: first, count: count)
                let (file, galaxies) = (try File.openForWriting(path), first..<first + count)
                let chunks: Storage = part == 2 ? .chunked(rows: 10, compression: 1) : .contiguous
                let ra = try file.createDataset("ra", of: Double.self, shape: [count], storage: chunks)
                try ra.write(rows: 0..<count, from: galaxies.map(Self.ra))
                try ra.setAttribute("units", "deg")
                try ra.setAttribute("description", "right ascension")
                let order = try File.open(orders).dataset("\(part == 2)")
                let other = try file.createDataset("count", like: order, rows: count)
                try order.copyRows(0..<count, to: other, at: 0)
                try file.createDataset("big", of: UInt64.self, shape: [count])
                    .write(rows: 0..<count, from: galaxies.map { UInt64.max - UInt64($0) })
                try file.createDataset("half", of: Float.self, shape: [count], storedAs: .float(bits: 16))
                    .write(rows: 0..<count, from: galaxies.map { $0 == 5 ? .nan : Float($0) / 4 })
                let even = try File.open(Repository.fixture("layouts/every-column.h5")).dataset("flag")
                let flag = try file.createDataset("flag", like: even, rows: count)
                for start in stride(from: 0, to: count, by: 6) { try even.copyRows(0..<6, to: flag, at: start) }
                try file.createStringDataset("name", shape: [count], form: .fixed(6 + part))
                    .write(rows: 0..<count, bytes: galaxies.map { Array("J\($0)".utf8) })
                try file.createStringDataset("label", shape: [count])
                    .write(rows: 0..<count, strings: galaxies.map(Self.label))
                _ = try file.createGroup("photometry").createGroup("deep")
                try file.createDataset("photometry/deep/mag", of: Float.self, shape: [count])
                    .write(rows: 0..<count, from: galaxies.map { Float($0) * 0.5 })
                try file.close()
                first += count
            }
            try FileManager.default.removeItem(atPath: orders)
        }

        private func run(_ name: String, ranks: Int = 1, _ more: [String]) async throws -> Outcome {
            try await Photoz.run(
                ranks: ranks, data: [input.path], output: scratch.file(name), weights: Self.weights,
                more + ["--quiet"], limit: 60)
        }

        private func expectColumns(_ output: Output) throws {
            let (file, galaxies) = (try File.open(output.folder + "/predictions.h5"), 0..<108)
            #expect(try file.dataset("ra").readAll(as: Double.self) == galaxies.map(Self.ra))
            #expect(try file.dataset("ra").elementType == .float(bits: 64))
            #expect(try file.dataset("ra").attributeString("units") == "deg")
            #expect(try file.dataset("ra").attributeString("description") == "right ascension")
            let counts = (0..<42).map { $0 - 300 } + (0..<66).map { $0 - 300 }
            #expect(try file.dataset("count").readAll(as: Int.self) == counts)
            #expect(try file.dataset("count").elementType == .integer(bits: 16, signed: true))
            #expect(try file.dataset("big").readAll(as: UInt64.self) == galaxies.map { UInt64.max - UInt64($0) })
            let half = try file.dataset("half")
            #expect(half.elementType == .float(bits: 16))
            let halves: [Float] = try half.readAll()
            #expect(halves.enumerated().allSatisfy { $0 == 5 ? $1.isNaN : $1 == Float($0) / 4 })
            let flag = try file.dataset("flag")
            #expect(try flag.hasSameType(as: File.open(Repository.fixture("layouts/every-column.h5")).dataset("flag")))
            #expect(try flag.readEnumeration(rows: galaxies) == galaxies.map { $0 % 2 == 0 ? 1 : 0 })
            #expect(try file.dataset("name").stringLength == 8)
            #expect(try file.dataset("name").readStrings(rows: galaxies) == galaxies.map { "J\($0)" })
            #expect(try file.dataset("label").readStrings(rows: galaxies) == galaxies.map(Self.label))
            #expect(try file.dataset("mag").readAll(as: Float.self) == galaxies.map { Float($0) * 0.5 })
            #expect(try file.dataset("mag").attributeString("description") == "photometry/deep/mag of the partitions")
            let lines = String(decoding: try output.bytes("predictions.csv"), as: UTF8.self).split(separator: "\n")
            #expect(lines[0].hasSuffix(",flags,ra,count,big,half,flag,name,label,mag"))
            #expect(
                lines[6].hasSuffix(",16.250000001,-295,18446744073709551610,,0,J5,\"G,25\",2.5"), "\(lines[6])")
            #expect(lines[108].hasSuffix("\"G,11449\",53.5") && lines.count == 109, "\(lines[108])")
        }

        @Test("Columns of every kind, for every number of ranks and whoever writes", arguments: [1, 2, 3, 8])
        func everyKind(ranks: Int) async throws {
            try write()
            let keep = ["--keep", Self.names, "--csv"]
            let reference = Output(folder: scratch.file("one"))
            let first = try await run("one", keep)
            try #require(first.exitCode == 0 && first.error == "", "\(first.report)")
            try expectColumns(reference)
            for more in [
                [], ["--write", "collect"], ["--schedule", "dynamic", "--batch-size", "3"], ["--shard", "files"],
            ] {
                let outcome = try await run("many", ranks: ranks, keep + more + ["--overwrite"])
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                let many = Output(folder: scratch.file("many"))
                for name in ["predictions.h5", "predictions.csv"] {
                    #expect(try many.bytes(name) == reference.bytes(name), "\(ranks) ranks \(more)")
                }
            }
            // The other columns are as without.
            let plain = try await run("plain", [])
            #expect(plain.exitCode == 0, "\(plain.report)")
            let file = try File.open(scratch.file("plain/predictions.h5"))
            #expect(try file.members().count == 5)
            let redshifts = try Output(folder: scratch.file("plain")).floats("redshift_predicted")
            #expect(try reference.floats("redshift_predicted") == redshifts)
        }

        @Test("What cannot be carried is refused by name before anything is computed", arguments: [1, 2])
        func refusals(ranks: Int) async throws {
            try write()
            func expectRefusal(_ names: String, _ code: Int32, _ words: String, _ more: [String] = []) async throws {
                let outcome = try await run("out", ranks: ranks, ["--keep", names] + more)
                #expect(outcome.exitCode == code && outcome.error.contains(words), "\(names): \(outcome.report)")
                #expect(Output(folder: scratch.file("out")).names == [], "\(names)")
            }
            try await expectRefusal("dek", 65, "dek: is missing")
            try await expectRefusal("ra,flags", 64, "--keep flags: the predictions have a column flags of their own")
            try await expectRefusal("view_scatter", 64, "a column view_scatter of their own")
            try await expectRefusal("ra,photometry/ra", 64, "both would be called ra")
            try await expectRefusal("images", 65, "images: has shape [42, 5, 32, 32]; --keep carries columns [N]")
            func change(_ body: (File) throws -> Void) throws {
                try write()
                let file = try File.openForWriting(input.file("3.h5"))
                try body(file)
                try file.close()
            }
            try change { try $0.dataset("ra").setAttribute("units", "hourangle") }
            try await expectRefusal(
                "count,ra", 65, "ra differs between partitions: 1.h5 has units deg, 3.h5 units hourangle")
            try MockSurvey().write(input.file("3.h5"), count: 66)
            try await expectRefusal("ra", 65, "3.h5: ra: is missing")
            try change { _ in }
            for part in 1...3 {
                let (file, count) = (try File.openForWriting(input.file("\(part).h5")), Self.counts[part - 1])
                let texts = (0..<count).map { part == 3 && $0 == 65 ? String(repeating: "x", count: 1025) : "x" }
                try file.createStringDataset("note", shape: [count]).write(rows: 0..<count, strings: texts)
                try file.close()
            }
            try await expectRefusal(
                "note", 65, "3.h5: note: has a string of 1025 bytes; --keep carries strings of at most")
        }

        @Test func typesThatDiffer() async throws {
            for (part, bits) in [(1, 32), (2, 64)] {
                try MockSurvey().write(input.file("\(part).h5"), count: 8)
                let file = try File.openForWriting(input.file("\(part).h5"))
                try file.createDataset("seeing", storedAs: .float(bits: bits), shape: [8])
                    .write(rows: 0..<8, from: [Double](repeating: 1, count: 8))
                try file.close()
            }
            let outcome = try await run("out", ranks: 2, ["--keep", "seeing"])
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            #expect(
                outcome.error.contains(
                    "seeing differs between partitions: 1.h5 has float32, 2.h5 float64; make them alike"),
                "\(outcome.report)")
        }

        @Test("A row that is left out keeps its columns", arguments: [1, 2])
        func skippedRows(ranks: Int) async throws {
            var variation = MockSurvey.Variation()
            variation.changeImage = { $0[MockSurvey.pixels * 4 + 7] = .nan }
            try MockSurvey().write(input.file("1.h5"), count: 9, variation)
            let file = try File.openForWriting(input.file("1.h5"))
            try file.createDataset("ra", of: Double.self, shape: [9]).write(rows: 0..<9, from: (0..<9).map(Self.ra))
            try file.close()
            let outcome = try await run("out", ranks: ranks, ["--keep", "ra", "--on-error", "skip"])
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            let output = Output(folder: scratch.file("out"))
            #expect(try output.floats("redshift_predicted")[4].isNaN)
            let carried = try File.open(output.folder + "/predictions.h5").dataset("ra")
            #expect(try carried.readAll(as: Double.self) == (0..<9).map(Self.ra))
        }
    }
}
