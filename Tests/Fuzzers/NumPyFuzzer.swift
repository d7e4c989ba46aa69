import FuzzerSupport

/// The input is an array as NumPy stores it, the only one of an `.npz` file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    var file = ZipFile()
    file.add("images.npy", Input(data, size).bytes)
    folder.fill("arrays.npz", file.bytes)
    expectRefusalOrSuccess { try readNumPyFile(folder.file("arrays.npz")) }
    return 0
}

private let folder = MemoryFolder()
