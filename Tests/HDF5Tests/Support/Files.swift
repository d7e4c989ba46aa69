import Foundation
import HDF5
import TestSupport
import Testing

/// A file in a folder of its own, which the value keeps.
struct ScratchFile {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("file.h5")
    }

    var bytes: [UInt8] { get throws { try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) } }

    func write(_ bytes: some Sequence<UInt8>) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}

extension Dataset {
    /// A block as an array.
    func read<T: Scalar>(_ block: [Range<Int>], as type: T.Type = T.self) throws -> [T] {
        let count = block.reduce(1) { $0 * $1.count }
        return try [T](unsafeUninitializedCapacity: count) { room, filled in
            try read(block, into: UnsafeMutableBufferPointer(rebasing: room[..<count]))
            filled = count
        }
    }
}

/// The error that `body` throws, which must be of a kind.
@discardableResult
func expectError(
    _ kind: HDF5Error.Kind, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> HDF5Error {
    let error = try #require(throws: HDF5Error.self, sourceLocation: sourceLocation) { try body() }
    #expect(error.kind == kind, "\(error)", sourceLocation: sourceLocation)
    return error
}
