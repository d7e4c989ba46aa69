import Foundation
import HDF5
import TestSupport
import Testing

extension HDF5Tests {
    @Suite struct Fuzz {
        @Test func mutations() throws {
            let folder = try TemporaryFolder()
            let end = Int(ProcessInfo.processInfo.environment["FUZZ_END"] ?? "") ?? 3000
            var next = 0
            while next < end {
                let result = try ChildProcess.run(
                    ["mutations", Repository.fixture("hdf5-types.h5"), folder.path, "\(next)", "\(end)"],
                    folder: folder.path, limit: 60)
                if result.status == 0 { break }
                let number = try #require(Int(String(contentsOfFile: folder.file("number"), encoding: .utf8)))
                print("mutation \(number): \(result.status)")
                next = number + 1
            }
        }
    }
}
