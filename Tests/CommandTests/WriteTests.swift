import Foundation
import HDF5
import TestSupport
import Testing

extension CommandTests {
    /// Predictions that all ranks write together, made up by `write-check`: more than a block of them, in any order.
    @Suite(.serialized) struct WriteTests {
        private let scratch = try! TemporaryFolder()
        private static let galaxies = 67_000
        private static let names = ["predictions.h5", "predictions.csv", "pz.hdf5"]

        private func write(
            ranks: Int, _ more: [String], galaxies: Int = galaxies, environment: [String: String] = [:]
        ) async throws -> Outcome {
            for name in Self.names { unlink(scratch.file(name)) }
            return try await Launch.mpirun(
                ranks: ranks, Launch.products + "/write-check", [scratch.path, "\(galaxies)"] + more, limit: 120,
                environment: environment)
        }

        private func written() throws -> [Data] {
            try Self.names.compactMap { name in
                FileManager.default.fileExists(atPath: scratch.file(name))
                    ? try Data(contentsOf: URL(fileURLWithPath: scratch.file(name))) : nil
            }
        }

        @Test(
            "The same bytes whoever has which galaxies and whoever writes",
            arguments: [
                ["integers", "csv", "views"], ["fixed"], ["any", "csv"], [], ["quant"],
                ["any", "views", "interp", "csv"],
                ["fixed", "hist"],
            ])
        func sameBytes(columns: [String]) async throws {
            var reference: [Data]?
            let runs: [(ranks: Int, more: [String])] = [
                (1, []), (2, []), (3, ["dealt"]), (8, ["dealt", "collect"]), (2, ["collect"]), (8, []),
            ]
            for (ranks, more) in runs {
                let outcome = try await write(ranks: ranks, columns + more)
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                let bytes = try written()
                let extra = [columns.contains("csv"), form(columns) != nil].filter(\.self).count
                #expect(bytes.count == 1 + extra)
                #expect(bytes == reference ?? bytes, "\(columns) on \(ranks) ranks \(more)")
                reference = bytes
            }
            try expectKnownNumbers(columns)
            if let form = form(columns) { try expectDistributions(form, columns) }
        }

        private func form(_ columns: [String]) -> String? {
            columns.first { ["quant", "interp", "hist"].contains($0) }
        }

        /// Each galaxy's distribution stands in its own row: about its own redshift.
        private func expectDistributions(_ form: String, _ columns: [String]) throws {
            let (pz, file) = (
                try StoredDistributions(Output(folder: scratch.path), form),
                try File.open(scratch.file("predictions.h5"))
            )
            let redshifts: [Float] = try file.dataset("redshift_predicted").readAll()
            let means = try pz.ancil("zmean")
            #expect(means.count == Self.galaxies && pz.values.count == Self.galaxies * pz.count)
            let fault = redshifts.indices.first { galaxy in
                redshifts[galaxy].isNaN
                    ? !means[galaxy].isNaN : !(abs(means[galaxy] - redshifts[galaxy]) < 0.1)
            }
            #expect(fault == nil, "\(fault ?? 0)")
            let lower: [Float] = try file.dataset("z_lower_68").readAll()
            #expect(try lower.map(\.bitPattern) == pz.ancil("z_q16").map(\.bitPattern))
            let name = columns.contains { ["any", "fixed", "integers"].contains($0) } ? "object_id" : "id"
            let identifiers = try pz.file.dataset("ancil/" + name)
            if name == "id" {
                #expect(try identifiers.readAll(as: Int.self) == Array(0..<Self.galaxies))
            } else {
                let rows = 0..<Self.galaxies
                #expect(try identifiers.readBytes(rows: rows) == file.dataset("object_id").readBytes(rows: rows))
            }
        }

        /// What HDF5 reads is what `write-check` makes up, told here once more.
        private func expectKnownNumbers(_ columns: [String]) throws {
            let file = try File.open(scratch.file("predictions.h5"))
            let numbers = (0..<Self.galaxies)
            let first: [Float] = try file.dataset("redshift_predicted").readAll()
            let expected = numbers.map { $0 % 1001 == 0 ? Float.nan : Float(Self.mixed($0 * 8) >> 44) / 0x1p20 }
            #expect(first.map(\.bitPattern) == expected.map(\.bitPattern))
            #expect(try file.dataset("flags").readAll(as: Int.self) == numbers.map { Int(Self.mixed($0) & 0x3fff) })
            #expect(try file.dataset("row").readAll(as: Int.self) == Array(numbers))
            // Before the only partition with galaxies is an empty one.
            #expect(try Set(file.dataset("partition").readAll(as: Int.self)) == [1])
            if columns.contains("integers") {
                #expect(try file.dataset("object_id").readAll(as: Int.self) == numbers.map { $0 << 20 })
            }
            guard columns.contains("any") || columns.contains("fixed") else { return }
            let names = try file.dataset("object_id")
            let hasAnyLength = columns.contains("any")
            #expect(names.stringLength == (hasAnyLength ? nil : 12))
            let read = try names.readBytes(rows: numbers)
            let fault = numbers.first { read[$0] != Self.name($0, hasAnyLength: hasAnyLength) }
            #expect(fault == nil, "\(fault ?? 0)")
        }

        private static func name(_ galaxy: Int, hasAnyLength: Bool) -> [UInt8] {
            let count = hasAnyLength && galaxy % 5000 == 77 ? 9000 : Int(mixed(galaxy) % 13)
            return (0..<count).map { UInt8(truncatingIfNeeded: mixed(galaxy) >> UInt64($0 % 8 * 8)) | 1 }
        }

        /// The finaliser of SplitMix64.
        private static func mixed(_ number: Int) -> UInt64 {
            var value = UInt64(number) &+ 0x9e37_79b9_7f4a_7c15
            value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            return value ^ value >> 31
        }

        @Test(arguments: [0, 1, 5]) func fewGalaxies(count: Int) async throws {
            for way in ["ranks", "collect"] {
                let outcome = try await write(ranks: 3, ["any", "csv", way], galaxies: count)
                try #require(outcome.exitCode == 0, "\(outcome.report)")
                let file = try File.open(scratch.file("predictions.h5"))
                let names = try file.dataset("object_id").readBytes(rows: 0..<count)
                #expect(names == (0..<count).map { Self.name($0, hasAnyLength: true) })
                let lines = String(decoding: try written()[1], as: UTF8.self)
                #expect(lines.hasPrefix("partition,row,object_id,redshift_predicted,redshift,flags\n"))
            }
        }

        @Test("Galaxies that no rank has, or two: nothing is written", arguments: [1, 3])
        func ranksThatDoNotHaveEachGalaxyOnce(ranks: Int) async throws {
            let cases = [("missing", "no rank predicted galaxies "), ("twice", ", not all of them its own")]
            for (fault, words) in cases {
                for more in [[], ["dealt"], ["dealt", "collect"]] {
                    let outcome = try await write(ranks: ranks, [fault] + more)
                    #expect(outcome.exitCode == 70, "\(outcome.report)")
                    #expect(outcome.error.contains(words), "\(outcome.report)")
                    // The file is there, without a row.
                    let file = try File.open(scratch.file("predictions.h5"))
                    #expect(try Set(file.dataset("partition").readAll(as: Int.self)) == [0])
                }
            }
        }

        /// Each rank believes to be on a host of its own, and what the second writes at a place never comes, as over a
        /// file system that keeps pages of its own.
        @Test func aFileSystemThatLosesWhatSeveralHostsWrite() async throws {
            let (code, library) = (scratch.file("lost.c"), scratch.file("lost.so"))
            try """
            #include <stdlib.h>
            #include <string.h>
            #include <sys/syscall.h>
            #include <unistd.h>
            int MPI_Comm_rank(void *ranks, int *rank);
            int MPI_Comm_split(void *ranks, int part, int key, void **new);
            int MPI_Comm_split_type(void *ranks, int type, int key, void *info, void **new) {
                int rank;
                MPI_Comm_rank(ranks, &rank);
                return MPI_Comm_split(ranks, rank, 0, new);
            }
            ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
                const char *rank = getenv("OMPI_COMM_WORLD_RANK");
                if (getenv("LOSES") && rank && strcmp(rank, "1") == 0) return count;
                return syscall(SYS_pwrite64, file, bytes, count, place);
            }
            """.write(toFile: code, atomically: true, encoding: .utf8)
            let compiled = try await Launch.run("clang", ["-shared", "-fPIC", "-o", library, code], limit: 30)
            try #require(compiled.exitCode == 0, "no clang of the Swift toolchain on the PATH: \(compiled.report)")
            let weights = Repository.fixture("small-weights.h5")
            func run(_ preloads: [String], _ words: [String]) async throws -> Outcome {
                try await Launch.mpirun(ranks: 2, "env", preloads + [Photoz.path] + words, limit: 60)
            }
            func job(_ name: String, _ more: [String] = []) -> [String] {
                ["run", "--weights", weights, "--data", Repository.galaxies, "--output", scratch.file(name)] + more
            }
            let (hosts, losing) = (["LD_PRELOAD=" + library], ["LD_PRELOAD=" + library, "LOSES=1"])
            let whole = try await run(hosts, ["doctor", "--folder", scratch.path])
            #expect(whole.output.contains("what several hosts wrote into one file was there"), "\(whole.report)")
            let doctor = try await run(losing, ["doctor", "--folder", scratch.path])
            #expect(doctor.output.contains("rank 0 writes all (--write collect)"), "\(doctor.report)")
            #expect(doctor.output.contains("warning: \(scratch.path): what several hosts write"), "\(doctor.report)")
            #expect(Output(folder: scratch.path).names == ["lost.c", "lost.so"], "nothing is left behind")

            let direct = try await run(hosts, job("direct"))
            #expect(direct.exitCode == 0 && !direct.error.contains("warning"), "\(direct.report)")
            let collected = try await run(losing, job("collected"))
            #expect(collected.exitCode == 0, "\(collected.report)")
            #expect(collected.error.contains("so that rank 0 writes all predictions"), "\(collected.report)")
            let outputs = ["direct", "collected"].map { Output(folder: scratch.file($0)) }
            #expect(try outputs[0].bytes("predictions.h5") == outputs[1].bytes("predictions.h5"))
            let ways = try outputs.map { try ($0.results()["provenance"] as? [String: Any])?["write"] as? String }
            #expect(ways == ["ranks", "collect"])
            let forced = try await run(losing, job("forced", ["--write", "ranks"]))
            #expect(forced.exitCode == 73, "\(forced.report)")
            #expect(forced.error.contains("predictions would be lost; leave --write ranks out"), "\(forced.report)")
            #expect(forced.error.components(separatedBy: "photoz: error").count == 2, "\(forced.report)")
        }

        @Test func aLimitOnFileSizes() async throws {
            // 56 MB of predictions, of which MPI's own files are far: the limit shows before anything is computed.
            let outcome = try await Launch.run(
                "sh",
                [
                    "-c", "ulimit -f 40000; exec \"$0\" \"$1\" 2000000", Launch.products + "/write-check", scratch.path,
                ], limit: 60, environment: Launch.launcherEnvironment)
            #expect(outcome.exitCode == 74, "\(outcome.report)")
            #expect(outcome.error.contains("predictions.h5: cannot "), "\(outcome.report)")
            #expect(outcome.error.contains("File too large"), "\(outcome.report)")
        }
    }
}
