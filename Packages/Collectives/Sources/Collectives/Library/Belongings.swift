import CMPI

/// What MPI has lent this process and wants back before it is finished. Giving back is collective: it is done in the
/// reverse order of the making, which is the same on all ranks, and only by a job that has succeeded. A rank that fails
/// must not wait for the others, and ends them instead.
enum Belongings {
    private enum Belonging: Equatable {
        case window(WindowHandle)
        case communicator(CommunicatorHandle)
        case file(FileHandle)
    }

    /// MPI is used by one thread at a time.
    nonisolated(unsafe) private static var all: [Belonging] = []

    /// Keeps a window that is locked for all ranks. Whatever is under way on it is done when it is unlocked.
    static func add(window: WindowHandle) { all.append(.window(window)) }

    static func add(communicator: CommunicatorHandle) { all.append(.communicator(communicator)) }

    static func add(file: FileHandle) { all.append(.file(file)) }

    /// Takes a window out, to be unlocked and freed by itself.
    static func remove(window: WindowHandle) { _ = remove(.window(window)) }

    /// Takes a communicator out, to be given back by itself; false for one that was not lent.
    static func remove(communicator: CommunicatorHandle) -> Bool { remove(.communicator(communicator)) }

    /// Takes a file out, to be closed by itself; false for one that is not open.
    static func remove(file: FileHandle) -> Bool { remove(.file(file)) }

    private static func remove(_ belonging: Belonging) -> Bool {
        let place = all.lastIndex(of: belonging)
        if let place { all.remove(at: place) }
        return place != nil
    }

    static func giveBack() throws(CollectiveError) {
        while let last = all.popLast() {
            switch last {
            case .window(var window):
                try check(MPI_Win_unlock_all(window), "MPI_Win_unlock_all")
                try check(MPI_Win_free(&window), "MPI_Win_free")
            case .communicator(var communicator):
                try check(MPI_Comm_free(&communicator), "MPI_Comm_free")
            case .file(var file):
                try check(MPI_File_close(&file), "MPI_File_close")
            }
        }
    }
}
