import CHDF5

/// The HDF5 library in this process.
///
/// One thread at a time uses it. Files, groups and data sets may move from a thread to another, but no two threads call
/// anything of this module at once, not even for different files: HDF5 may have been built without a lock of its own.
public enum Library {
    /// The version of the library that runs, such as `1.10.8`.
    public static var version: String {
        silence()
        var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
        H5get_libversion(&major, &minor, &release)
        return "\(major).\(minor).\(release)"
    }

    /// The version of the headers that this program was built with.
    public static var headerVersion: String {
        String(cString: ch5_header_version()).split(separator: " ").last.map(String.init) ?? ""
    }

    /// How the library that runs was built: `thread-safe, deflate, szip, not parallel`, for instance. Whether it is
    /// parallel is what its headers say.
    public static var features: String {
        silence()
        var isThreadSafe = false
        let isKnown = H5is_library_threadsafe(&isThreadSafe) >= 0
        let filters = [(H5Z_FILTER_DEFLATE, "deflate"), (H5Z_FILTER_SZIP, "szip")].map { filter, name in
            H5Zfilter_avail(H5Z_filter_t(filter)) > 0 ? name : "no \(name)"
        }
        let parts =
            [isKnown && isThreadSafe ? "thread-safe" : "not thread-safe"] + filters
            + [ch5_is_parallel() != 0 ? "parallel" : "not parallel"]
        return parts.joined(separator: ", ")
    }

    /// Stops the library from printing its errors: they are in what is thrown. HDF5 keeps the setting for each thread,
    /// so whatever may fail makes it first.
    static func silence() {
        _ = isStarted
        H5Eset_auto2(ch5_error_default(), nil, nil)
    }

    /// HDF5 would try at exit to store what was never closed, or could not be stored before; on a full disk that prints
    /// errors, or ends the process by a fault in HDF5 1.10. What counts is closed before: files close themselves.
    private static let isStarted: Bool = {
        H5dont_atexit()
        return H5open() >= 0
    }()
}
