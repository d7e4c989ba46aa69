import CMPI

/// A file that all ranks of a communicator write or read together, each at a place of its own: MPI's own input and
/// output, so that a parallel file system sees few large requests.
///
/// Values lie in it as in memory: its bytes are the elements one behind another, in the byte order of the machine, and
/// nothing else. Every rank calls each operation, and waits for the others as its communicator does; the disk itself
/// nobody interrupts. An error on one rank is thrown on all of them, and names the file and the rank.
public final class ParallelFile {
    /// What is done with a file.
    public enum Mode: Sendable {
        /// It must be there.
        case reading
        /// It is made, or emptied where it was there.
        case writing
    }

    /// Its path, as it was given.
    public let path: String

    let communicator: Communicator
    let mode: Mode
    private var file = cmpi_file_null()

    /// Opens a file; every rank calls it, with the same mode and with a path to the same file. It is open until it is
    /// closed or MPI is finished.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the modes differ, or a rank cannot open the file;
    ///   ``CollectiveError/errorClassName`` is then `MPI_ERR_NO_SUCH_FILE`, `MPI_ERR_ACCESS` or another one.
    public init(_ path: String, _ mode: Mode, on communicator: Communicator) throws(CollectiveError) {
        (self.path, self.mode, self.communicator) = (path, mode, communicator)
        let number: Int64 = mode == .writing ? 1 : 0
        let bounds = try communicator.largest([number, ~number, 0, 0])
        guard bounds[0] == ~bounds[1] else {
            throw CollectiveError(routine: "ParallelFile", reason: "\(path): some ranks read it and some write it")
        }
        let access = mode == .writing ? MPI_MODE_WRONLY | MPI_MODE_CREATE : MPI_MODE_RDONLY
        try agree(MPI_File_open(communicator.handle, path, Int32(access), cmpi_info_null(), &file), "MPI_File_open")
        Belongings.add(file: file)
        if mode == .writing { try agree(MPI_File_set_size(file, 0), "MPI_File_set_size") }
    }

    /// Writes this rank's values; every rank calls it, with as many values as it likes. What ranks write must not
    /// overlap. It may be read when it is closed.
    ///
    /// - Parameters:
    ///   - values: Numbers or plain structs.
    ///   - byteOffset: Where the first of them begins, in bytes from the beginning of the file; beyond the end, too.
    /// - Throws: ``CollectiveError``
    public func write<T: BitwiseCopyable>(_ values: [T], at byteOffset: Int) throws(CollectiveError) {
        let byteCount = values.count * MemoryLayout<T>.stride
        let rounds = try agreeOnRounds(byteCount, at: byteOffset, .writing, "write")
        try values.withElements { values throws(CollectiveError) in
            let start = UnsafeRawPointer(values)
            try transfer(byteCount, rounds, "MPI_File_write_at_all") { first, length in
                let place = MPI_Offset(byteOffset + first)
                return MPI_File_write_at_all(file, place, start + first, length, cmpi_byte(), cmpi_status_ignore())
            }
        }
    }

    /// Reads this rank's values; every rank calls it, with any count and place, which may overlap those of others.
    ///
    /// - Parameters:
    ///   - count: How many elements.
    ///   - type: A number or a plain struct.
    ///   - byteOffset: Where the first of them begins, in bytes from the beginning of the file.
    /// - Throws: ``CollectiveError``, on every rank ``CollectiveError/Kind/endOfFile(size:)`` when the file ends before
    ///   the values of one do.
    public func read<T: BitwiseCopyable>(
        _ count: Int, of type: T.Type = T.self, at byteOffset: Int
    ) throws(CollectiveError) -> [T] {
        let (byteCount, isTooLong) = count.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
        let rounds = try agreeOnRounds(isTooLong ? .max : byteCount, at: byteOffset, .reading, "read")
        return try receivedArray(count) { memory throws(CollectiveError) in
            let start = UnsafeMutableRawPointer(memory)
            try transfer(byteCount, rounds, "MPI_File_read_at_all") { first, length in
                let place = MPI_Offset(byteOffset + first)
                return MPI_File_read_at_all(file, place, start + first, length, cmpi_byte(), cmpi_status_ignore())
            }
        }
    }

    /// How many bytes it has. A rank may ask alone; what others write meanwhile may count or not.
    ///
    /// - Throws: ``CollectiveError``
    public var size: Int {
        get throws(CollectiveError) {
            try requireOpen("size")
            var size: MPI_Offset = 0
            try check(MPI_File_get_size(file, &size), "MPI_File_get_size")
            return Int(size)
        }
    }

    /// Closes it; every rank calls it. What was written is in the file then.
    ///
    /// - Throws: ``CollectiveError``
    public func close() throws(CollectiveError) {
        try requireOpen("close")
        try communicator.awaitAll(before: "MPI_File_close")
        _ = Belongings.remove(file: file)
        try agree(MPI_File_close(&file), "MPI_File_close")
    }

    func requireOpen(_ routine: String) throws(CollectiveError) {
        try communicator.requireUsable(routine)
        guard file != cmpi_file_null() else {
            throw CollectiveError(routine: routine, reason: "\(path): it was closed")
        }
    }
}
