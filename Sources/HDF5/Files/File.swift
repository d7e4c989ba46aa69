import CHDF5
import Glibc

/// An open HDF5 file, which is also its root group.
///
/// It is closed when it and all its groups and data sets are gone. A file that was written should be closed with
/// ``close()``, which reports what could not be stored.
public final class File: Group {
    /// The path the file was opened by.
    public var path: String { filePath }

    private init(path: String, handle: Handle, linked: LinkedFiles? = nil) {
        let linked = linked ?? LinkedFiles(from: path, .within(folder: SystemFile.folder(path)))
        super.init(name: "/", handle: handle, file: OpenFile(path: path, handle: handle, linked: linked))
    }

    /// Opens a file for reading, without a file lock.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - links: Which other files it may lead to; nil for those below its own folder.
    /// - Throws: ``HDF5Error`` of kind `unreadable` when the system does not give the file, `notHDF5` when it is no
    ///   HDF5 file or is cut short, `refused` when its writer has not closed it or its format is newer than the
    ///   library.
    public static func open(_ path: String, links: LinkPolicy? = nil) throws(HDF5Error) -> File {
        try open(path, linked: LinkedFiles(from: path, links ?? .within(folder: SystemFile.folder(path))))
    }

    /// Opens a file that another one leads to.
    static func open(_ path: String, linked: LinkedFiles) throws(HDF5Error) -> File {
        Library.silence()
        try SystemFile.require(path, O_RDONLY)
        return try open(path, flags: ch5_read_only(), access: access { ch5_do_not_lock($0) }, linked: linked)
    }

    /// Real paths of the other files that what was opened so far leads to: by links, as sources of virtual data sets,
    /// as files of raw numbers.
    public var linkedFiles: [String] { file.linked.paths.sorted() }

    /// Refuses a file that another program has open for writing: what it holds is not yet what it will hold. Programs
    /// show that by a lock; one that was told not to lock, or a file system without locks, does not.
    ///
    /// - Throws: ``HDF5Error`` of kind `refused`.
    public static func requireClosed(_ path: String) throws(HDF5Error) {
        guard SystemFile.isBeingWritten(path) else { return }
        throw HDF5Error(
            .refused, file: path, "is open for writing in another program; wait until that has closed it")
    }

    /// Opens a file for reading and writing. HDF5 locks it where the file system can: nobody else may have it open so.
    ///
    /// - Throws: ``HDF5Error`` of kind `unreadable` when the system does not give the file for writing, `notHDF5` when
    ///   it is no HDF5 file or is cut short, `unwritable` when it is locked.
    public static func openForWriting(_ path: String) throws(HDF5Error) -> File {
        Library.silence()
        try SystemFile.require(path, O_RDWR)
        return try open(path, flags: ch5_read_write(), access: access { ch5_allow_large_attributes($0) })
    }

    /// Creates a file, in a format that has room for large attributes. No time is stored in it: the same data make the
    /// same bytes.
    ///
    /// - Parameters:
    ///   - path: Where. The folder must exist.
    ///   - exclusively: Whether a file of that name is an error; else it is replaced.
    /// - Throws: ``HDF5Error`` of kind `unwritable`.
    public static func create(_ path: String, exclusively: Bool = false) throws(HDF5Error) -> File {
        Library.silence()
        guard let access = access({ min(ch5_allow_large_attributes($0), ch5_do_not_lock($0)) }),
            let creation = Handle(H5Pcreate(ch5_file_create()), H5Pclose),
            H5Pset_obj_track_times(creation.id, false) >= 0,
            let handle = Handle(
                H5Fcreate(path, exclusively ? ch5_exclusive() : ch5_truncate(), creation.id, access.id), H5Fclose)
        else { throw HDF5Error(.unwritable, file: path, "cannot be created", frames: errorFrames()) }
        return File(path: path, handle: handle)
    }

    /// Whether there is a file that begins as HDF5 files do; it may still be cut short.
    public static func isHDF5(_ path: String) -> Bool {
        Library.silence()
        return ch5_is_hdf5(path) > 0
    }

    /// Gives the system everything that is still in memory.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, for a full disk for instance.
    public func flush() throws(HDF5Error) {
        Library.silence()
        guard H5Fflush(handle.id, H5F_SCOPE_GLOBAL) >= 0 else {
            throw HDF5Error(.unwritable, file: path, "cannot be written", frames: errorFrames())
        }
    }

    /// Adds bytes at the end of the file that belong to none of its objects: for what is written without the library.
    /// They keep their place when the file is closed.
    ///
    /// - Returns: Where they begin.
    /// - Throws: ``HDF5Error`` of kind `unwritable`, also where the library is older than 1.10.2.
    public func lengthen(by bytes: Int) throws(HDF5Error) -> Int {
        try flush()
        var end: haddr_t = 0
        guard ch5_lengthen(handle.id, hsize_t(bytes), &end) >= 0, let end = Int(exactly: end), end >= bytes else {
            throw HDF5Error(
                .unwritable, file: path, "cannot be made larger, which takes HDF5 1.10.2 or newer",
                frames: errorFrames())
        }
        return end - bytes
    }

    /// Takes the room on the disk that a file will need, so that a full disk shows now and not when it is written.
    /// Nothing happens where the file system cannot do that. What the file holds, and its size, stay as they are.
    ///
    /// - Parameters:
    ///   - bytes: What the file will hold.
    ///   - path: A file that is there.
    /// - Throws: ``HDF5Error`` of kind `unwritable` when there is no such room, or no file may be so large.
    public static func takeRoom(_ bytes: Int, for path: String) throws(HDF5Error) {
        guard let reason = SystemFile.takeRoom(bytes, for: path) else { return }
        throw HDF5Error(.unwritable, file: path, "cannot have the \(bytes) bytes that it needs: \(reason)")
    }

    /// Writes what is still in memory and closes the file, with whatever is open in it: to use its groups and data sets
    /// afterwards is an error that they throw.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, for a full disk for instance. The file is closed all the same.
    public func close() throws(HDF5Error) {
        guard handle.isOpen else { return }
        var failure: HDF5Error?
        do throws(HDF5Error) { try flush() } catch { failure = error }
        if !closeObjects() || !handle.close(), failure == nil {
            failure = HDF5Error(.unwritable, file: path, "cannot be closed", frames: errorFrames())
        }
        _ = handle.close()
        if let failure { throw failure }
    }

    /// Closes what is open in the file, one by one. HDF5 would do so too; but when it cannot store a data set it leaves
    /// it half closed, and touching that once more ends the process.
    private func closeObjects() -> Bool {
        let kinds = UInt32(H5F_OBJ_DATASET | H5F_OBJ_GROUP | H5F_OBJ_LOCAL)
        let count = H5Fget_obj_count(handle.id, kinds)
        guard count > 0 else { return count == 0 }
        var objects = [hid_t](repeating: -1, count: count)
        guard H5Fget_obj_ids(handle.id, kinds, count, &objects) >= 0 else { return false }
        let results = objects.map { H5Iget_type($0) == H5I_DATASET ? H5Dclose($0) : H5Gclose($0) }
        return results.allSatisfy { $0 >= 0 }
    }

    private static func open(
        _ path: String, flags: UInt32, access: Handle?, linked: LinkedFiles? = nil
    ) throws(HDF5Error) -> File {
        guard isHDF5(path) else { throw HDF5Error(.notHDF5, file: path, "is not an HDF5 file") }
        guard let access, let handle = Handle(H5Fopen(path, flags, access.id), H5Fclose) else {
            let frames = errorFrames()
            if frames.contains(where: { $0.text.contains("unable to lock") }) {
                throw HDF5Error(.unwritable, file: path, "is in use by another program", frames: frames)
            }
            if frames.contains(where: { $0.text.contains("h5clear") }) {
                throw HDF5Error(
                    .refused, file: path,
                    "was not closed by the program that wrote it, or is still open there; if no program writes it any more, check what it holds and take the mark away with: h5clear -s \(path)",
                    frames: frames)
            }
            if HDF5Error.isOfNewerFormat(frames) {
                throw HDF5Error(.refused, file: path, HDF5Error.newerFormat, frames: frames)
            }
            throw HDF5Error(.notHDF5, file: path, "is cut short or damaged", frames: frames)
        }
        return File(path: path, handle: handle, linked: linked)
    }

    /// How files are opened: closing one closes what is open in it, so that closing says whether all was stored.
    private static func access(_ set: (hid_t) -> herr_t) -> Handle? {
        guard let access = Handle(H5Pcreate(ch5_file_access()), H5Pclose),
            H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) >= 0, set(access.id) >= 0
        else { return nil }
        return access
    }
}
