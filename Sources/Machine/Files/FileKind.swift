import Glibc

/// What a file is, by its first bytes, so that a message about a file that a command cannot take says which one does.
package enum FileKind: Sendable, Equatable {
    case hdf5, hdf4, fits, parquet, arrow, netCDF, table, json, voTable, webPage, text
    /// A zip archive that `torch.save` wrote.
    case torch
    /// The older format of `torch.save`, or any other pickle.
    case pickle
    /// A zip archive of NumPy arrays.
    case numPyArchive
    case numPyArray, safetensors, zip
    /// Packed as a whole, by the program of that name.
    case packed(by: String)
    /// What Git LFS leaves in place of a large file.
    case largeFilePointer
    case empty
    /// Anything else, and what cannot be read.
    case unknown

    /// Looks at the beginning of a regular file; never waits for a pipe.
    package init(of path: String) { self = Self.head(of: path, 4096).map(Self.init(head:)) ?? .unknown }

    /// - Parameter head: The first bytes, some thousand or as many as there are.
    package init(head: [UInt8]) {
        self =
            head.isEmpty ? .empty : Self.magic.first { head.starts(with: $0.bytes) }?.kind ?? Self.guess(head)
    }

    private static let magic: [(bytes: [UInt8], kind: FileKind)] = [
        ([0x89] + Array("HDF\r\n".utf8) + [0x1a, 0x0a], .hdf5),
        ([0x0e, 0x03, 0x13, 0x01], .hdf4), (Array("SIMPLE  =".utf8), .fits), (Array("PAR1".utf8), .parquet),
        (Array("ARROW1".utf8), .arrow), (Array("FEA1".utf8), .arrow),
        (Array("CDF".utf8) + [1], .netCDF), (Array("CDF".utf8) + [2], .netCDF), (Array("CDF".utf8) + [5], .netCDF),
        ([0x93] + Array("NUMPY".utf8), .numPyArray),
        ([0x1f, 0x8b], .packed(by: "gzip")), (Array("BZh".utf8), .packed(by: "bzip2")),
        ([0xfd] + Array("7zXZ".utf8), .packed(by: "xz")), ([0x28, 0xb5, 0x2f, 0xfd], .packed(by: "zstd")),
        ([0x04, 0x22, 0x4d, 0x18], .packed(by: "lz4")), ([0x1f, 0x9d], .packed(by: "compress")),
        (Array("version https://git-lfs".utf8), .largeFilePointer),
    ]

    /// What has no bytes of its own to be known by.
    private static func guess(_ head: [UInt8]) -> FileKind {
        if head.starts(with: Array("PK".utf8) + [3, 4]) { return archive(head) }
        // A pickle of protocol 2 to 5.
        if head.count > 1, head[0] == 0x80, (2...5).contains(head[1]) { return .pickle }
        // A length of eight bytes, then a description in JSON.
        if head.count > 9, head[8...9] == [UInt8(ascii: "{"), UInt8(ascii: "\"")], head[6...7] == [0, 0] {
            return .safetensors
        }
        if head.count > 262, head[257...261] == ArraySlice("ustar".utf8) { return .packed(by: "tar") }
        return text(head)
    }

    /// By the name of the first entry, which both programs write first.
    private static func archive(_ head: [UInt8]) -> FileKind {
        guard head.count > 30 else { return .zip }
        let length = Int(head[26]) | Int(head[27]) << 8
        let name = String(decoding: head[30..<min(30 + length, head.count)], as: UTF8.self)
        if name.hasSuffix(".npy") { return .numPyArchive }
        return [".pkl", "/byteorder", "/version", "/.format_version"].contains(where: name.hasSuffix) ? .torch : .zip
    }

    private static func text(_ head: [UInt8]) -> FileKind {
        let isText = head.allSatisfy { $0 >= 32 && $0 != 127 || (9...13).contains($0) }
        guard isText else { return .unknown }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let content = (head.starts(with: mark) ? head.dropFirst(3) : head[...]).drop { $0 <= 32 }
        guard let first = content.first else { return .text }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .json }
        let start = String(decoding: content.prefix(2000), as: UTF8.self).lowercased()
        if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") { return .webPage }
        if start.hasPrefix("<?xml") || start.hasPrefix("<votable") {
            return start.contains("<votable") ? .voTable : .text
        }
        let line = content.prefix { $0 != 10 && $0 != 13 }
        return line.contains(where: { [UInt8(ascii: ","), UInt8(ascii: ";"), 9].contains($0) }) ? .table : .text
    }

    private static func head(of path: String, _ count: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        let got = pread(descriptor, &bytes, count, 0)
        return got < 0 ? nil : Array(bytes.prefix(got))
    }
}

extension FileKind {
    /// What follows "FILE: " where an HDF5 file was wanted: what the file is, and which command takes it; nil for what
    /// begins as HDF5 does or is not known.
    var insteadOfHDF5: String? {
        switch self {
        case .hdf5, .unknown: nil
        case .torch, .numPyArchive, .pickle, .numPyArray, .safetensors:
            "is \(name), not an HDF5 file; \(importing)"
        default: "is \(name), not an HDF5 file; \(remedy)"
        }
    }

    /// The same where a file of PyTorch or NumPy was wanted; nil for these, and for what is not known.
    package var insteadOfImport: String? {
        switch self {
        case .torch, .numPyArchive, .pickle, .unknown: nil
        case .hdf5:
            "is HDF5 already: photoz run takes it as it is (--weights or --data); photoz inspect says what it holds"
        case .numPyArray, .safetensors: "is \(name); \(importing)"
        default: "is \(name), which photoz import does not take; \(remedy)"
        }
    }

    /// With its article.
    private var name: String {
        switch self {
        case .hdf5: "an HDF5 file"
        case .hdf4: "an HDF4 file"
        case .fits: "a FITS file"
        case .parquet: "a Parquet file"
        case .arrow: "an Arrow or Feather file"
        case .netCDF: "a netCDF file of the classic format"
        case .table: "a table in text (CSV)"
        case .json: "a JSON file"
        case .voTable: "a VOTable"
        case .webPage: "a web page (HTML), as a download that failed leaves it"
        case .text: "a text file"
        case .torch: "a PyTorch file"
        case .pickle: "a Python pickle or an old PyTorch file"
        case .numPyArchive: "an archive of NumPy arrays (.npz)"
        case .numPyArray: "a single NumPy array (.npy)"
        case .safetensors: "a safetensors file"
        case .zip: "a zip archive"
        case .packed(let program): "packed by \(program)"
        case .largeFilePointer: "a pointer of Git LFS in place of the file"
        case .empty: "empty"
        case .unknown: "of no known kind"
        }
    }

    /// What makes HDF5 of the formats around PyTorch and NumPy.
    private var importing: String {
        switch self {
        case .pickle:
            "photoz import takes what torch.save writes: save it again with PyTorch 1.6 or newer, then: photoz import FILE.pt --output NAME.h5"
        case .numPyArray:
            "put the arrays images, magnitudes and redshift into one .npz with numpy.savez, then: photoz import FILE.npz --output NAME.h5"
        case .safetensors:
            "photoz reads no safetensors: save the state dict with torch.save, then: photoz import FILE.pt --output NAME.h5"
        default: "make HDF5 of it with: photoz import FILE --output NAME.h5"
        }
    }

    /// What to do with a file that no command of this program turns into HDF5.
    private var remedy: String {
        switch self {
        case .fits, .parquet:
            "the Python companion makes partitions of images and catalogues: python -m photoz partitions (see Python/README.md); or write images, magnitudes and redshifts as HDF5 (see Documentation.docc/Input-Files.md), or as an .npz file for photoz import"
        case .arrow, .voTable, .zip, .text:
            "no command of photoz takes it: write its images, magnitudes and redshifts as HDF5 (see Documentation.docc/Input-Files.md), or as an .npz file for photoz import"
        case .table:
            "photoz simulate --catalog takes a catalogue of redshifts and magnitudes; galaxies to predict need images too: write both as HDF5 (see Documentation.docc/Input-Files.md), or as an .npz file for photoz import"
        case .hdf4: "convert it with: h4toh5convert FILE NAME.h5"
        case .netCDF: "convert it with: nccopy -k nc4 FILE NAME.h5"
        case .json: "a plan goes to photoz run --payload, results go to photoz report and photoz summarize"
        case .packed(let program): "unpack it with \(program) first"
        case .largeFilePointer: "fetch the file itself with: git lfs pull"
        case .webPage, .empty: "copy the file again from where it came from"
        default: "give an HDF5 file"
        }
    }
}
