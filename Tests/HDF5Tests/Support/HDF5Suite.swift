import Foundation
import HDF5
import TestSupport
import Testing

/// All tests of the library, one at a time: HDF5 serves one thread at a time.
@Suite(.serialized) struct HDF5Suite {}

/// Runs `body` and hands on what it threw; a body that throws nothing is a failure of the test.
func failure(
    _ sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> HDF5Error {
    try #require(throws: HDF5Error.self, sourceLocation: sourceLocation) { try body() }
}

/// Whether the HDF5 library prints an error while `body` runs. Other tests of the process may print meanwhile; what
/// they print is handed on.
func hdf5Prints(_ body: () throws -> Void) throws -> Bool {
    let folder = try TemporaryFolder()
    fflush(nil)
    let standardError = dup(2)
    let file = open(folder.file("stderr"), O_RDWR | O_CREAT, 0o600)
    try #require(standardError >= 0 && file >= 0 && dup2(file, 2) == 2)
    defer { close(standardError) }
    let result = Result { try body() }
    fflush(nil)
    dup2(standardError, 2)
    close(file)
    let printed = try Data(contentsOf: URL(fileURLWithPath: folder.file("stderr")))
    let ours = "HDF5-DIAG"
    try FileHandle(fileDescriptor: standardError).write(contentsOf: printed)
    try result.get()
    return String(decoding: printed, as: UTF8.self).contains(ours)
}

extension Dataset {
    /// Some rows as an array.
    func read<T: Scalar>(rows: Range<Int>, as type: T.Type = T.self) throws -> [T] {
        try [T](unsafeUninitializedCapacity: max(rows.count, 0) * rowCount) { buffer, count in
            let size = rows.count * rowCount
            try read(rows: rows, into: UnsafeMutableBufferPointer(rebasing: buffer[..<size]))
            count = size
        }
    }
}
