import FuzzerSupport

/// The input is a pickle, in a file as `torch.save` writes it, beside two storages.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    var file = ZipFile()
    file.add("archive/data.pkl", Input(data, size).bytes)
    file.add("archive/data/0", [UInt8](0..<64))
    file.add("archive/data/1", [UInt8](0..<24))
    folder.fill("archive.pt", file.bytes)
    expectRefusalOrSuccess { try readTorchFile(folder.file("archive.pt")) }
    return 0
}

private let folder = MemoryFolder()
