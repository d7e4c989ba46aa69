import CHDF5

/// The open file that objects belong to: they keep it open.
struct OpenFile {
    let path: String
    let handle: Handle

    func error(
        _ kind: HDF5Error.Kind, _ object: String, _ reason: String, frames: [HDF5Error.Frame] = []
    ) -> HDF5Error {
        HDF5Error(kind, file: path, object: object, reason, frames: frames)
    }

    /// Whether so many bytes may come out of the file. A damaged file may claim any size, and memory for it must not be
    /// asked for: gzip packs at most 1032 bytes into one.
    func canHold(_ count: Int, ofBytes size: Int) -> Bool {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
        var fileBytes: hsize_t = 0
        guard !overflow, H5Fget_filesize(handle.id, &fileBytes) >= 0 else { return false }
        return bytes <= 1 << 24 || bytes / 1100 <= fileBytes
    }
}
