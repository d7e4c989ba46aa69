import CMPI

/// A file that all ranks of a communicator write or read together, each at a place of its own.
///
/// Values lie in it as in memory: its bytes are the elements one behind another, in the byte order of the machine, and
/// nothing else. Every rank calls each operation, does its part, and waits for the others as its communicator does; the
/// disk itself nobody interrupts. An error on one rank is thrown on all of them, and names the file and the rank; the
/// parts of others may be written then.
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
    private let mode: Mode
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
        try agree("MPI_File_open") {
            MPI_File_open(communicator.handle, path, Int32(access), cmpi_info_null(), &file)
        }
        try Turn.with("ParallelFile") { Belongings.add(file: file) }
        guard mode == .writing else { return }
        try agree("MPI_File_set_size") { MPI_File_set_size(file, 0) }
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
        let fault = try fault(byteCount, at: byteOffset, .writing, "write")
        try values.withElements { values throws(CollectiveError) in
            let start = UnsafeRawPointer(values)
            try transfer(byteCount, fault, "MPI_File_write_at") {
                MPI_File_write_at(file, MPI_Offset(byteOffset + $0), start + $0, $1, cmpi_byte(), $2)
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
        let fault = try fault(isTooLong ? .max : byteCount, at: byteOffset, .reading, "read")
        return try receivedArray(fault == nil ? count : 0) { memory throws(CollectiveError) in
            let start = UnsafeMutableRawPointer(memory)
            try transfer(byteCount, fault, "MPI_File_read_at") {
                MPI_File_read_at(file, MPI_Offset(byteOffset + $0), start + $0, $1, cmpi_byte(), $2)
            }
        }
    }

    /// How many bytes it has. A rank may ask alone; what others write meanwhile may count or not.
    ///
    /// - Throws: ``CollectiveError``
    public var size: Int {
        get throws(CollectiveError) {
            try requireOpen("size")
            return try Turn.with("size", sizeWithinTurn)
        }
    }

    private func sizeWithinTurn() throws(CollectiveError) -> Int {
        var size: MPI_Offset = 0
        try check(MPI_File_get_size(file, &size), "MPI_File_get_size")
        return Int(size)
    }

    /// Closes it; every rank calls it. What was written is in the file then.
    ///
    /// - Throws: ``CollectiveError``
    public func close() throws(CollectiveError) {
        try requireOpen("close")
        try communicator.awaitAll(before: "MPI_File_close")
        try agree("MPI_File_close") {
            _ = Belongings.remove(file: file)
            return MPI_File_close(&file)
        }
    }

    private func requireOpen(_ routine: String) throws(CollectiveError) {
        try communicator.requireUsable(routine)
        guard file != cmpi_file_null() else {
            throw CollectiveError(routine: routine, reason: "\(path): it was closed")
        }
    }

    /// Why this rank cannot do what it is asked to; nil when it can. Throws what all ranks know.
    private func fault(
        _ byteCount: Int, at byteOffset: Int, _ needed: Mode, _ routine: String
    ) throws(CollectiveError) -> CollectiveError? {
        try requireOpen(routine)
        guard mode == needed else {
            throw CollectiveError(routine: routine, reason: "\(path): it was opened for \(mode)")
        }
        let (end, isTooFar) = byteOffset.addingReportingOverflow(byteCount)
        guard byteCount >= 0, byteOffset >= 0, !isTooFar else {
            return CollectiveError(routine: routine, reason: "no file has that place or count")
        }
        guard mode == .reading, byteCount > 0 else { return nil }
        do throws(CollectiveError) {
            let size = try size
            return end <= size ? nil : endOfFile(size, routine)
        } catch { return error }
    }

    private func endOfFile(_ size: Int, _ routine: String) -> CollectiveError {
        CollectiveError(.endOfFile(size: size), routine: routine, reason: "it ends after \(size) bytes")
    }

    /// Calls MPI for each part of this rank's bytes, unless there is a fault.
    ///
    /// Not MPI's collective calls: on a full disk those of Open MPI 4.1 say that all is well, and that all was written.
    ///
    /// - Parameter body: The call, for the first byte and the length of a part.
    private func transfer(
        _ byteCount: Int, _ fault: CollectiveError?, _ routine: String,
        _ body: (Int, Int32, UnsafeMutablePointer<MPI_Status>) -> Int32
    ) throws(CollectiveError) {
        try agree { () throws(CollectiveError) in
            if let fault { throw fault }
            try forEachPart(of: byteCount) { first, length throws(CollectiveError) in
                var (status, count) = (MPI_Status(), Int32(0))
                try check(body(first, length, &status), routine)
                try check(MPI_Get_count(&status, cmpi_byte(), &count), "MPI_Get_count")
                guard count != length else { return }
                if mode == .reading { throw endOfFile(try sizeWithinTurn(), routine) }
                throw CollectiveError(
                    .mpi(errorClass: Int(MPI_ERR_IO)), routine: routine,
                    reason: "\(max(count, 0)) of \(length) bytes were written; there may be no room left")
            }
        }
    }

    private func agree(_ routine: String, _ call: () -> Int32) throws(CollectiveError) {
        try agree { () throws(CollectiveError) in try check(call(), routine) }
    }

    /// Throws on every rank what `body`, which calls MPI, throws on one.
    private func agree(_ body: () throws(CollectiveError) -> Void) throws(CollectiveError) {
        try communicator.shareFault("ParallelFile", of: path, body)
    }
}
