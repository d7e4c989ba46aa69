import CHDF5
import HDF5
import TestSupport
import Testing

extension HDF5Suite {
    @Suite struct HandleTests {
        private var openIdentifiers: Int {
            let kinds = [H5I_FILE, H5I_GROUP, H5I_DATATYPE, H5I_DATASPACE, H5I_DATASET, H5I_ATTR, H5I_GENPROP_LST]
            return kinds.reduce(0) { total, kind in
                var count: hsize_t = 0
                return H5Inmembers(kind, &count) >= 0 ? total + Int(count) : total
            }
        }

        @Test func nothingIsLeftOpen() throws {
            let path = Repository.fixture("hdf5-types.h5")
            _ = try File.open(path).dataset("gzip").readAll(as: Float.self)
            let before = openIdentifiers
            for turn in 0..<10_000 {
                let file = try File.open(path)
                let dataset = try file.dataset(turn % 2 == 0 ? "gzip" : "int8")
                if turn % 10 == 0 {
                    _ = try dataset.readAll(as: Float.self)
                    _ = try file.dataset("variable").readStrings(rows: 0..<3)
                    _ = try file.attributeStrings("texts")
                    _ = try? file.dataset("group")
                    _ = try? file.dataset("lzf").readAll(as: Float.self)
                }
            }
            // Suites of other targets may have a few files open at this moment.
            #expect(openIdentifiers - before < 100)
        }

        @Test func datasetKeepsItsFile() throws {
            let dataset = try File.open(Repository.fixture("hdf5-types.h5")).dataset("int8")
            #expect(try dataset.readAll(as: Int.self).first == -2)
        }

        @Test func version() {
            #expect(Library.version.split(separator: ".").count == 3)
        }
    }
}
