import CHDF5
import Glibc

/// An open HDF5 file. It is closed when it and all its data sets are gone; a file that was written should be closed with
/// ``close()``, which reports what could not be stored.
public final class File: AttributeHolder {
    /// The path the file was opened by.
    public var path: String { filePath }

    private init(path: String, handle: Handle) {
        super.init(handle: handle, filePath: path)
    }

    /// Opens a file for reading, without a file lock.
    ///
    /// - Throws: ``HDF5Error`` of kind `unreadable` when the system does not give the file, `notHDF5` when it is no HDF5
    ///   file or is cut short.
    public static func open(_ path: String) throws(HDF5Error) -> File {
        Library.silence()
        try requireReadable(path)
        guard H5Fis_hdf5(path) > 0 else { throw HDF5Error(.notHDF5, file: path, "is not an HDF5 file") }
        let access = Handle(H5Pcreate(ch5_file_access()), H5Pclose)
        if let access { _ = ch5_do_not_lock(access.id) }
        guard let handle = Handle(H5Fopen(path, ch5_read_only(), access?.id ?? ch5_default()), H5Fclose) else {
            throw HDF5Error(.notHDF5, file: path, "is cut short or damaged", frames: errorFrames())
        }
        return File(path: path, handle: handle)
    }

    /// Creates a file, in a format that has room for large attributes; a file of that name is replaced. No time is stored
    /// in it: the same data make the same bytes.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public static func create(_ path: String) throws(HDF5Error) -> File {
        Library.silence()
        guard let access = Handle(H5Pcreate(ch5_file_access()), H5Pclose),
            H5Pset_libver_bounds(access.id, H5F_LIBVER_V18, H5F_LIBVER_V110) >= 0,
            let creation = Handle(H5Pcreate(ch5_file_create()), H5Pclose),
            H5Pset_obj_track_times(creation.id, false) >= 0,
            let handle = Handle(H5Fcreate(path, ch5_truncate(), creation.id, access.id), H5Fclose)
        else { throw HDF5Error(.unwritable, file: path, "cannot be created", frames: errorFrames()) }
        return File(path: path, handle: handle)
    }

    /// Writes what is still in memory and closes the file. Its data sets must not be used any more.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, for a full disk for instance.
    public func close() throws(HDF5Error) {
        Library.silence()
        let isFlushed = H5Fflush(handle.id, H5F_SCOPE_GLOBAL) >= 0
        let frames = isFlushed ? [] : errorFrames()
        let isClosed = handle.close()
        guard isFlushed, isClosed else {
            throw HDF5Error(.unwritable, file: path, "cannot be written", frames: isFlushed ? errorFrames() : frames)
        }
    }

    /// What the root group holds, in the order of names.
    public func members() throws(HDF5Error) -> [Member] {
        Library.silence()
        var info = H5G_info_t()
        guard H5Gget_info(handle.id, &info) >= 0 else {
            throw HDF5Error(.failed, file: path, object: "/", "cannot be listed", frames: errorFrames())
        }
        var members: [Member] = []
        for index in 0..<info.nlinks {
            let name = try text("/") { buffer, size in
                H5Lget_name_by_idx(
                    self.handle.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, size, ch5_default())
            }
            let object = Handle(H5Oopen(handle.id, name, ch5_default()), H5Oclose)
            members.append(Member(name: name, isDataset: object.map { H5Iget_type($0.id) == H5I_DATASET } ?? false))
        }
        return members
    }

    /// An entry of the root group.
    public struct Member: Sendable {
        /// Its name, as it is: dots mean nothing.
        public let name: String
        /// Whether it is a data set; false for groups, named types and links that lead nowhere.
        public let isDataset: Bool
    }

    /// Whether the root group has an entry of that name.
    public func contains(_ name: String) -> Bool { H5Lexists(handle.id, name, ch5_default()) > 0 }

    /// A text that the library writes into a buffer when it is told how long it is.
    func text(
        _ object: String, _ get: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) throws(HDF5Error) -> String {
        let length = get(nil, 0)
        guard length >= 0 else {
            throw HDF5Error(.failed, file: path, object: object, "has an unreadable name", frames: errorFrames())
        }
        var buffer = [CChar](repeating: 0, count: length + 1)
        _ = buffer.withUnsafeMutableBufferPointer { get($0.baseAddress, length + 1) }
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func requireReadable(_ path: String) throws(HDF5Error) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw HDF5Error(.unreadable, file: path, "cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw HDF5Error(.unreadable, file: path, "is not a file")
        }
    }
}
