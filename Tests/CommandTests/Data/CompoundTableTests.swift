import CHDF5
import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Partitions whose magnitudes, redshifts and identifiers are fields of compound tables.
    @Suite(.serialized) struct CompoundTableTests {
        private let input = try! TemporaryFolder()
        private let scratch = try! TemporaryFolder()
        private static let small = Repository.fixture("small-weights.h5")
        private static let options = [
            "--magnitudes", "catalog/phot:mag", "--redshift", "catalog/spec:z", "--object-id", "catalog/phot:id",
        ]

        /// Galaxies of the mock survey: magnitudes and identifiers in one table, redshifts in another.
        private func write(_ path: String, rows: Range<Int>, written: Int? = nil) throws {
            let source = try File.open(Repository.galaxies)
            let images: [Float] = try source.dataset("images").readAll()
            let magnitudes: [Double] = try source.dataset("magnitudes").readAll()
            let redshifts: [Float] = try source.dataset("redshift").readAll()
            RawHDF5.create(path) { file in
                RawHDF5.write(
                    file, "images", shape: [rows.count, 5, 32, 32],
                    images[rows.lowerBound * MockSurvey.pixels..<rows.upperBound * MockSurvey.pixels].map(Double.init),
                    RawHDF5.Number(), .contiguous)
                let group = H5Gcreate2(file, "catalog", ch5_default(), ch5_default(), ch5_default())
                var bands: hsize_t = 5
                let band = H5Tarray_create2(ch5_double(), 1, &bands)
                let photometry = H5Tcreate(H5T_COMPOUND, 52)
                #expect(
                    H5Tinsert(photometry, "id", 0, ch5_int64()) >= 0 && H5Tinsert(photometry, "mag", 8, band) >= 0
                        && H5Tinsert(photometry, "flag", 48, ch5_int32()) >= 0)
                table(group, "phot", photometry, rows.count, written: written ?? rows.count) { row in
                    let galaxy = rows.lowerBound + row
                    let numbers = magnitudes[galaxy * 5..<galaxy * 5 + 5].map(\.bitPattern)
                    return bytes(of: [UInt64(9000 + galaxy)] + numbers) + [1, 0, 0, 0]
                }
                let spectra = H5Tcreate(H5T_COMPOUND, 6)
                #expect(H5Tinsert(spectra, "q", 0, ch5_int16()) >= 0 && H5Tinsert(spectra, "z", 2, ch5_float()) >= 0)
                table(group, "spec", spectra, rows.count, written: rows.count) { row in
                    [3, 0] + bytes(of: [redshifts[rows.lowerBound + row].bitPattern])
                }
            }
        }

        private func bytes(of numbers: [some FixedWidthInteger]) -> [UInt8] {
            numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
        }

        /// A table in chunks of 4 rows, of which the first are written.
        private func table(
            _ group: hid_t, _ name: String, _ type: hid_t, _ rows: Int, written: Int, _ row: (Int) -> [UInt8]
        ) {
            var (size, chunk, count, start) = (hsize_t(rows), hsize_t(4), hsize_t(written), hsize_t(0))
            let space = H5Screate_simple(1, &size, nil)
            let properties = H5Pcreate(ch5_dataset_create())
            H5Pset_chunk(properties, 1, &chunk)
            H5Pset_deflate(properties, 3)
            let dataset = H5Dcreate2(group, name, type, space, ch5_default(), properties, ch5_default())
            H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nil, &count, nil)
            let memory = H5Screate_simple(1, &count, nil)
            let bytes = (0..<written).flatMap(row)
            #expect(H5Dwrite(dataset, type, memory, space, ch5_default(), bytes) >= 0)
        }

        private func run(
            _ data: String, _ name: String, _ more: [String], ranks: Int = 1
        ) async throws -> (outcome: Outcome, output: Output) {
            let output = Output(folder: scratch.file(name))
            let outcome = try await Photoz.run(
                ranks: ranks, data: [data], output: output.folder, weights: Self.small, more + ["--quiet"])
            return (outcome, output)
        }

        /// The first 13 galaxies as a plain partition, and what a run makes of it.
        private func plain() async throws -> Output {
            var variation = MockSurvey.Variation()
            variation.integerIdentifiers = true
            try MockSurvey().write(scratch.file("plain.h5"), count: 13, variation)
            let (outcome, output) = try await run(scratch.file("plain.h5"), "plain", [])
            try #require(outcome.exitCode == 0, "\(outcome.report)")
            return output
        }

        private func expectSame(_ output: Output, _ plain: Output, _ what: String) throws {
            for name in ["redshift_predicted", "redshift"] {
                let (found, right) = (try output.floats(name), try plain.floats(name))
                #expect(found.map(\.bitPattern) == right.map(\.bitPattern), "\(what): \(name)")
                #expect(Set(right).count > 5 && right.allSatisfy { $0.isFinite })
            }
            #expect(try output.integers("flags") == plain.integers("flags"), "\(what)")
            #expect(try output.integers("object_id") == (9000..<9013).map { $0 }, "\(what)")
        }

        @Test("Fields of tables in groups: the predictions of the plain partition, to the bit; split keeps the tables")
        func sameAsPlain() async throws {
            try write(input.file("1.h5"), rows: 0..<8)
            try write(input.file("2.h5"), rows: 8..<13)
            let plain = try await plain()
            for ranks in [1, 3] {
                let (outcome, output) = try await run(input.path, "tables\(ranks)", Self.options, ranks: ranks)
                #expect(outcome.exitCode == 0 && outcome.error == "", "\(outcome.report)")
                try expectSame(output, plain, "\(ranks) ranks")
            }
            let inspected = try await Photoz.alone(["inspect", input.file("1.h5")] + Self.options)
            #expect(
                inspected.exitCode == 0 && inspected.output.contains("redshifts: yes")
                    && inspected.output.contains("identifiers: integers"), "\(inspected.report)")
            let split = try await Photoz.alone([
                "split", "--data", input.path, "--partitions", "3", "--output", scratch.file("split"),
            ])
            #expect(split.exitCode == 0 && !split.output.contains("left out"), "\(split.report)")
            let table = try File.open(scratch.file("split/2.h5")).dataset("catalog/phot")
            #expect(table.fields == ["id", "mag", "flag"] && table.rows == 4)
            #expect(try File.open(scratch.file("split/2.h5")).dataset("catalog/phot:flag").readAll() == [1, 1, 1, 1])
            let (outcome, output) = try await run(scratch.file("split"), "dealt", Self.options)
            #expect(outcome.exitCode == 0, "\(outcome.report)")
            try expectSame(output, plain, "after split")
        }

        @Test("A misspelt field is answered by those that there are; a table with a hole is refused, also by split")
        func refused() async throws {
            try write(input.file("1.h5"), rows: 0..<8, written: 4)
            let hole = try await run(input.path, "hole", Self.options)
            #expect(hole.outcome.exitCode == 65, "\(hole.outcome.report)")
            #expect(hole.outcome.error.contains("catalog/phot:mag: rows 4..<8 of 8 were never written"))
            let split = try await Photoz.alone([
                "split", "--data", input.path, "--partitions", "2", "--output", scratch.file("split"),
            ])
            #expect(
                split.exitCode == 65 && split.error.contains("catalog/phot: rows 4..<8 of 8 were never written"),
                "\(split.report)")
            let left = (try? FileManager.default.contentsOfDirectory(atPath: scratch.file("split"))) ?? []
            #expect(left.filter { $0.hasSuffix(".h5") } == [])

            try write(input.file("1.h5"), rows: 0..<8)
            for (option, name, nearest) in [
                ("--magnitudes", "phot:mag", "catalog/phot:mag"), ("--redshift", "catalog/spec:zz", "catalog/spec:z"),
                ("--object-id", "catalog/phot:ids", "catalog/phot:id"),
            ] {
                let options = ["--magnitudes", "catalog/phot:mag", option, name]
                let asked = option == "--magnitudes" ? Array(options.dropFirst(2)) : options
                for outcome in [
                    try await run(input.path, "odd", asked).outcome,
                    try await Photoz.alone(["inspect", input.file("1.h5")] + asked),
                ] {
                    #expect(outcome.exitCode == 65, "\(outcome.report)")
                    #expect(outcome.error.contains(name) && outcome.error.contains("\(nearest), "), "\(outcome.report)")
                }
            }
            let table = try await run(input.path, "whole", ["--magnitudes", "catalog/phot"])
            #expect(table.outcome.error.contains("catalog/phot:id, catalog/phot:mag"), "\(table.outcome.report)")
        }

        @Test("Partitions of two layouts in one folder: which have what, and what to do")
        func twoLayouts() async throws {
            try MockSurvey().write(input.file("1.h5"), count: 6)
            try MockSurvey().write(input.file("2.h5"), count: 6)
            try write(input.file("3.h5"), rows: 0..<6)
            try write(input.file("4.h5"), rows: 0..<6)
            let (outcome, _) = try await run(input.path, "plain", [])
            #expect(outcome.exitCode == 65, "\(outcome.report)")
            for words in [
                "3.h5: magnitudes: is missing", "different layouts", "1.h5 and 1 more: all that was asked for",
                "3.h5 and 1 more: no magnitudes; there are ", "catalog/phot:mag", "--on-error skip",
            ] { #expect(outcome.error.contains(words), "\(words) in \(outcome.report)") }
            let (skipped, output) = try await run(input.path, "skipped", ["--on-error", "skip"])
            #expect(
                skipped.exitCode == 65 && skipped.error.contains("2 partitions could not be read"), "\(skipped.report)")
            #expect(try output.floats("redshift_predicted").count == 12)

            // All that the first file lacks is listed at once.
            let other = try await run(input.path, "other", ["--images", "cutouts", "--magnitudes", "mag_u,mag_g"])
            for words in ["cutouts: is missing", "mag_u: is missing", "mag_g: is missing", "It has "] {
                #expect(other.outcome.error.contains(words), "\(words) in \(other.outcome.report)")
            }
            #expect(!other.outcome.error.contains("different layouts"))
        }
    }
}
