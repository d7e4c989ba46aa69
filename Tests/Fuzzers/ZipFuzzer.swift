import FuzzerSupport

/// The input is a zip file, read as one of PyTorch and as one of NumPy.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    folder.fill("archive.zip", Input(data, size).bytes)
    expectRefusalOrSuccess { try readTorchFile(folder.file("archive.zip")) }
    expectRefusalOrSuccess { try readNumPyFile(folder.file("archive.zip")) }
    return 0
}

private let folder = MemoryFolder()
