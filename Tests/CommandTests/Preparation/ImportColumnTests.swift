import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Which arrays become which columns: nothing is read as something else.
    @Suite struct ImportColumnTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        /// An `.npy` file with a header in Python's words.
        private func array(_ type: String, _ shape: String, _ bytes: [UInt8]) -> [UInt8] {
            var header = Array("{'descr': \(type), 'fortran_order': False, 'shape': \(shape), }".utf8)
            header += [UInt8](repeating: 32, count: 63 - (header.count + 10) % 64) + [10]
            return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count & 255), UInt8(header.count >> 8)] + header
                + bytes
        }

        private func bytes<T: BitwiseCopyable>(_ numbers: [T]) -> [UInt8] { numbers.withUnsafeBytes { [UInt8]($0) } }

        /// Two galaxies of 2 bands and 8 x 8 pixels, with more arrays beside the images.
        private func run(_ more: [(String, [UInt8])], _ options: [String] = []) async throws -> Outcome {
            let images = array("'<f4'", "(2, 2, 8, 8)", bytes((0..<256).map(Float.init)))
            let entries = [("images", images)] + more
            try ZipArchiveBytes(entries.map { ($0.0 + ".npy", $0.1) }, hasChecksums: true).data.write(
                to: URL(fileURLWithPath: folder.file("x.npz")))
            return try await Photoz.alone(
                ["import", folder.file("x.npz"), "--output", folder.file("x.h5"), "--overwrite"] + options)
        }

        private var magnitudes: (String, [UInt8]) {
            ("magnitudes", array("'<f8'", "(2, 2)", bytes([17.5, 16.5, 18, 17])))
        }

        private func column(_ name: String) throws -> [Double]? {
            let file = try File.open(folder.file("x.h5"))
            return try file.members().contains { $0.name == name }
                ? try file.dataset(name).readAll(as: Double.self) : nil
        }

        private func expectRefusal(_ outcome: Outcome, _ code: Int = 65, _ words: String...) {
            #expect(outcome.exitCode == code, "\(outcome.report)")
            for word in words { #expect(outcome.error.contains(word), "\(outcome.report)") }
        }

        @Test("The z band is no redshift")
        func bands() async throws {
            let (r, z) = (array("'<f8'", "(2,)", bytes([17.5, 18])), array("'<f8'", "(2,)", bytes([16.5, 17])))
            let (g, i) = (array("'<f8'", "(2,)", bytes([18.5, 19])), array("'<f8'", "(2,)", bytes([17.0, 17.5])))
            let outcome = try await run([("r", r), ("z", z)], ["--magnitudes", "r, z"])
            #expect(outcome.exitCode == 0 && outcome.output.contains("no redshifts"), "\(outcome.report)")
            #expect(try column("magnitudes") == [17.5, 16.5, 18, 17] && column("redshift") == nil)
            // Beside other bands, beside a table of magnitudes, and with normalised magnitudes.
            let beside = try await run([magnitudes, ("g", g), ("i", i), ("z", z)])
            #expect(beside.exitCode == 0 && beside.output.contains("z is taken for a band"), "\(beside.report)")
            expectRefusal(try await run([magnitudes, ("z", z)]), 65, "as magnitudes are", "--redshift z")
            let small = ("magnitudes", array("'<f8'", "(2, 2)", bytes([0.5, 0.25, 0.75, 0.5])))
            let same = array("'<f8'", "(2,)", bytes([0.25, 0.5]))
            expectRefusal(try await run([small, ("z", same)]), 65, "the same numbers as the magnitudes of a band")
            expectRefusal(
                try await run([("r", r), ("z", z)], ["--magnitudes", "r,z", "--redshift", "z"]), 64, "named twice")
            expectRefusal(try await run([("r", r)], ["--magnitudes", "r,r"]), 64, "twice")
        }

        @Test("Class labels and identifiers are no redshifts unless they are said to be")
        func labels() async throws {
            let labels = ("labels", array("'<i8'", "(2,)", bytes([Int64(3), 1 << 60])))
            expectRefusal(
                try await run([magnitudes, labels]), 65, "labels holds whole numbers (int64)", "--redshift labels")
            let none = try await run([magnitudes, labels], ["--redshift", "none"])
            #expect(none.exitCode == 0, "\(none.report)")
            #expect(try column("redshift") == nil)
            let asked = try await run(
                [magnitudes, ("labels", array("'<i4'", "(2,)", bytes([Int32(0), 1])))], ["--redshift", "labels"])
            #expect(asked.exitCode == 0, "\(asked.report)")
            #expect(try column("redshift") == [0, 1])
            let real = try await run([magnitudes, ("labels", array("'<f8'", "(2,)", bytes([0.1, 0.2])))])
            #expect(real.exitCode == 0, "\(real.report)")
            // float64 stays float64, to the bit.
            #expect(try column("redshift") == [0.1, 0.2])
            #expect(try File.open(folder.file("x.h5")).dataset("redshift").elementType == .float(bits: 64))
        }

        @Test("Names that no array has")
        func missingNames() async throws {
            for option in ["--redshift", "--object-id", "--images", "--magnitudes"] {
                expectRefusal(
                    try await run([magnitudes], [option, "nothing"]), 65,
                    "has no array nothing; it has images, magnitudes")
            }
        }

        @Test("Fields of structured arrays, and a hint that names them")
        func fields() async throws {
            let type = "[('id', '<i8'), ('z', '<f8'), ('', '|V4'), ('mag', '<f4', (2,)), ('p', [('q', '>f4')])]"
            var records: [UInt8] = []
            for row in 0..<2 {
                records += bytes([Int64(40 + row)]) + bytes([0.125 * Double(row + 1)]) + [9, 9, 9, 9]
                records += bytes([Float(17 + row), 16.5]) + bytes([Float(0.5).bitPattern.bigEndian])
            }
            let labels = ("labels", array(type, "(2,)", records))
            expectRefusal(try await run([labels]), 65, "labels:id, labels:z, labels:mag, labels:p:q")
            expectRefusal(
                try await run([labels], ["--magnitudes", "labels"]), 65, "labels has the fields id, z, mag, p:q")
            expectRefusal(
                try await run([labels], ["--magnitudes", "labels:nothing"]), 65, "has no array labels:nothing")
            let outcome = try await run(
                [labels],
                ["--magnitudes", "labels:mag", "--redshift", "labels:z", "--object-id", "labels:id"])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(try column("magnitudes") == [17, 16.5, 18, 16.5] && column("redshift") == [0.125, 0.25])
            #expect(try column("object_id") == [40, 41])
            let inner = try await run([labels], ["--magnitudes", "labels:mag", "--redshift", "labels:p:q"])
            #expect(inner.exitCode == 0, "\(inner.report)")
            #expect(try column("redshift") == [0.5, 0.5])
        }

        @Test("Identifiers of strings, and what is said of other types")
        func types() async throws {
            let names = (
                "object_id", array("'<U3'", "(2,)", bytes(Array("Δza".unicodeScalars).map(\.value) + [98, 0, 0]))
            )
            let outcome = try await run([magnitudes, names])
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            #expect(try File.open(folder.file("x.h5")).dataset("object_id").readStrings(rows: 0..<2) == ["Δza", "b"])
            let split = ("object_id", array("'|S3'", "(2,)", [97, 0, 98, 99, 0, 0]))
            expectRefusal(try await run([magnitudes, split]), 65, "object_id: element 0 is no text")
            let floats = ("object_id", array("'<f8'", "(2,)", bytes([1.0, 2.0])))
            expectRefusal(try await run([magnitudes, floats]), 65, "identifiers are floating-point numbers")
            for (type, size, words) in [
                ("'<c8'", 8, "complex numbers"), ("'<M8[s]'", 8, "times"), ("'|O'", 0, "Python objects"),
            ] {
                let odd = ("magnitudes", array(type, "(2, 2)", [UInt8](repeating: 0, count: 4 * size)))
                expectRefusal(try await run([odd]), 65, words)
            }
        }

        @Test("Dictionaries and rows of tensors, in any order that is said")
        func tensors() async throws {
            var archive = TorchArchive()
            func add<T: BitwiseCopyable>(_ numbers: [T], _ shape: [Int], _ kind: String) -> PythonValue {
                .tensor(TorchView(archive.store(numbers), shape: shape, kind: kind))
            }
            let images = add((0..<256).map(Float.init), [2, 2, 8, 8], "FloatStorage")
            let table = add([17.5, 16.5, 18, 17], [2, 2], "DoubleStorage")
            let redshift = add([0.1, 0.2], [2], "DoubleStorage")
            let id = add([Int64(7), 1 << 61], [2], "LongStorage")
            func run(_ root: PythonValue, _ options: [String] = []) async throws -> Outcome {
                try archive.write(folder.file("x.pt"), root)
                return try await Photoz.alone(
                    ["import", folder.file("x.pt"), "--output", folder.file("x.h5"), "--overwrite"] + options)
            }
            let dictionary = PythonValue.dictionary([
                ("redshift", redshift), ("magnitudes", table), ("images", images), ("object_id", id),
            ])
            for root in [dictionary, .dictionary([("data", dictionary)])] {
                let outcome = try await run(root)
                #expect(outcome.exitCode == 0, "\(outcome.report)")
                #expect(try column("redshift") == [0.1, 0.2])
                #expect(
                    try File.open(folder.file("x.h5")).dataset("object_id").readAll(as: Int64.self) == [7, 1 << 61])
            }
            let rows = PythonValue.tuple([images, table, id, redshift])
            expectRefusal(try await run(rows), 65, "tensor 2 holds whole numbers (int64)")
            let said = try await run(rows, ["--object-id", "2", "--redshift", "3"])
            #expect(said.exitCode == 0, "\(said.report)")
            #expect(try column("redshift") == [0.1, 0.2])
            expectRefusal(try await run(rows, ["--redshift", "specz"]), 65, "has no array specz")
            let two = PythonValue.dictionary([("train", dictionary), ("test", dictionary), ("other", rows)])
            expectRefusal(try await run(two), 64, "--entry")
            // A part of a data set must not become the whole.
            let part = PythonValue.object(
                "torch.utils.data.dataset", "Subset",
                state: .dictionary([
                    (
                        "dataset",
                        .object(
                            "torch.utils.data.dataset", "TensorDataset",
                            state: .dictionary([("tensors", .tuple([images, table, redshift]))]))
                    ), ("indices", .list([.integer(1)])),
                ]))
            expectRefusal(try await run(part), 65, "torch.utils.data.dataset.Subset")
        }

        @Test("Other files of a folder are named, and pipes are not waited for", .timeLimit(.minutes(1)))
        func otherFiles() async throws {
            let (data, out) = (folder.file("data"), folder.file("out"))
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            for name in ["1.pt", "2.PTH"] {
                try FileManager.default.copyItem(
                    atPath: Repository.fixture("partition-half.pt"), toPath: data + "/" + name)
            }
            try Data("x".utf8).write(to: URL(fileURLWithPath: data + "/notes.fits"))
            let outcome = try await Photoz.alone(["import", data, "--output", out])
            #expect(outcome.exitCode == 0 && outcome.output.contains("notes.fits"), "\(outcome.report)")
            #expect(Output(folder: out).names == ["1.h5", "2.h5"])
            let pipe = folder.file("pipe.pt")
            #expect(mkfifo(pipe, 0o600) == 0)
            expectRefusal(
                try await Photoz.alone(["import", pipe, "--output", folder.file("x.h5")], limit: 20), 66,
                "is no file but a pipe")
        }
    }
}
