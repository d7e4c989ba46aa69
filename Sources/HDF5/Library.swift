import CHDF5

/// The HDF5 library in this process. It is used by one thread at a time: a handle may move between threads, but no two
/// threads call the library at once.
public enum Library {
    /// The version of the library that runs, such as `1.10.8`.
    public static var version: String {
        var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
        H5get_libversion(&major, &minor, &release)
        return "\(major).\(minor).\(release)"
    }

    /// Stops the library from printing its errors: they are in what is thrown. The setting belongs to the calling thread,
    /// so it is made wherever a file, a data set or an attribute is used.
    static func silence() {
        H5open()
        H5Eset_auto2(ch5_error_default(), nil, nil)
    }
}
