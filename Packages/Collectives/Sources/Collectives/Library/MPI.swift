import CMPI
import Glibc

/// MPI's life in this process: started once. One thread at a time makes calls; it need not always be the same one. One
/// that begins an operation while another thread is in one gets an error.
public enum MPI {
    /// Starts MPI: once in a process, before anything else of this library. ``run(exitCode:grace:_:)`` does it, and
    /// ends the job when an error is thrown. In a program that starts MPI itself, an error out of `main` ends the job
    /// as well, unless the Swift runtime is linked into it: such a program catches its errors, and calls
    /// ``abort(exitCode:)``.
    ///
    /// - Parameter evenApart: Whether processes that do not know each other are no error here.
    /// - Returns: The communicator of all ranks.
    /// - Throws: ``CollectiveError`` when MPI cannot be started, or was before, or ``separation(of:)``.
    public static func start(evenApart: Bool = false) throws(CollectiveError) -> Communicator {
        guard Life.state == .notStarted else {
            throw Life.isRunning
                ? CollectiveError(routine: "start", reason: "MPI is started already") : Life.refusal(of: "start")
        }
        catchErrorsOfMain()
        try Turn.take("start")
        defer { Turn.give() }
        var isStarted: Int32 = 0
        try check(MPI_Initialized(&isStarted), "MPI_Initialized")
        guard isStarted == 0 else {
            throw CollectiveError(routine: "start", reason: "MPI was started by another part of this program")
        }
        suggestSettings()
        var provided: Int32 = 0
        // Not MULTIPLE: Open MPI 4 then refuses those windows too.
        try check(MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &provided), "MPI_Init_thread")
        guard provided >= Int32(MPI_THREAD_SERIALIZED) else {
            throw CollectiveError(
                routine: "MPI_Init_thread",
                reason: "this MPI library cannot be called by one thread after another of a process")
        }
        // An error comes back as a return code, which `check` turns into a Swift error, instead of ending the process.
        for communicator in [cmpi_comm_self(), cmpi_comm_world()] {
            try check(MPI_Comm_set_errhandler(communicator, cmpi_errors_return()), "MPI_Comm_set_errhandler")
        }
        Life.state = .running
        nameOfProcessor = text(Int(MPI_MAX_PROCESSOR_NAME)) { MPI_Get_processor_name($0, $1) }
        MadeOperation.begin()
        Turn.begin()
        try Progress.begin()
        try Crowding.begin()
        let world = try Communicator(cmpi_comm_world())
        if world.size > 1 { Life.place = " on rank \(world.rank) of \(world.size) (\(processorName))" }
        if !evenApart, let separation = separation(of: world) { throw separation }
        return world
    }

    /// What the version of Open MPI that runs would do worse without; other libraries do not know these settings.
    private static func suggestSettings() {
        guard let version = openMPIVersion else {
            // Its collectives through shared memory crash where a rank other than 0 reduces long arrays in place.
            if isMPICH40 { setenv("MPIR_CVAR_DEVICE_COLLECTIVES", "none", 0) }
            return
        }
        // Alone, Open MPI would still look for a remote shell and fail where there is none, as in many containers.
        if getenv("OMPI_COMM_WORLD_SIZE") == nil { Settings.suggest("plm_rsh_agent", "") }
        // Debian's Open MPI 4 leaves out `pt2pt` besides `ucx`, and with it every window between hosts on plain
        // Ethernet. `rdma` crashes in MPI_Compare_and_swap between processes of a host.
        if version == 4 { Settings.suggest("osc", "^ucx,rdma", insteadOf: "^ucx,pt2pt") }
        // With addresses of both kinds Open MPI 5 fails to pair those of two processes, of one host even: it says so in
        // every run, and cannot go by TCP.
        if version >= 5, Settings.hasIPv4 { Settings.suggest("btl_tcp_disable_family", "6") }
    }

    /// The major version of Open MPI; nil where another library runs.
    static let openMPIVersion: Int? = {
        let mark = "Open MPI v"
        let text = libraryVersion
        return text.hasPrefix(mark) ? Int(text.dropFirst(mark.count).prefix { $0 != "." }) : nil
    }()

    /// Whether it is MPICH 4.0, which has faults of its own.
    static let isMPICH40 = libraryVersion.hasPrefix("MPICH Version:") && libraryVersion.contains("4.0")

    /// Finishes MPI: only on a clean way out, since it waits for every rank. Windows, shared memory, counters, boards
    /// and communicators are given back before, and files closed; what is called on them later throws, and the bytes of
    /// shared memory are gone. MPI cannot be started again.
    ///
    /// - Throws: ``CollectiveError``, also when a ``Pending`` is not done, and when an operation was abandoned after a
    ///   time-out or an interruption: end the job by ``abort(exitCode:)`` then.
    public static func finish() throws(CollectiveError) {
        guard Life.isRunning else { throw Life.refusal(of: "finish") }
        try Turn.take("finish")
        defer { Turn.give() }
        if let routine = Life.abandoned {
            throw CollectiveError(
                .abandoned, routine: "finish",
                reason: "\(routine) was abandoned, and MPI would wait for it: abort instead")
        }
        guard Life.underWay == 0 else {
            throw CollectiveError(
                routine: "finish",
                reason: """
                    \(Life.underWay) of the operations that were begun are still under way, and MPI would wait for them: wait \
                    for each, or cancel it
                    """)
        }
        try Belongings.giveBack()
        Life.state = .finished
        nameOfProcessor = ""
        try check(MPI_Finalize(), "MPI_Finalize")
    }

    /// Ends every rank of the job at once; the launcher's exit code becomes `exitCode`.
    public static func abort(exitCode: Int32) -> Never {
        fflush(nil)
        // MPICH's launcher may close the pipe to a rank that aborts before it has read all that the rank has written.
        if openMPIVersion == nil { usleep(100_000) }
        var (isStarted, isFinished): (Int32, Int32) = (0, 0)
        if MPI_Initialized(&isStarted) == MPI_SUCCESS, isStarted != 0,
            MPI_Finalized(&isFinished) == MPI_SUCCESS, isFinished == 0
        {
            MPI_Abort(cmpi_comm_world(), exitCode)
        }
        _exit(exitCode)
    }

    /// The MPI library that runs, on one line.
    public static var libraryVersion: String {
        text(Int(MPI_MAX_LIBRARY_VERSION_STRING)) { MPI_Get_library_version($0, $1) }
    }

    /// The version of the headers that this program was built with, such as `4.1.4`; empty where they do not tell.
    public static var headerVersion: String { String(cString: cmpi_header_version()) }

    /// Which threads of a process the library lets call it, in the standard's words; "unknown" unless MPI runs.
    public static var threadLevel: String {
        var level: Int32 = 0
        guard Life.isRunning, MPI_Query_thread(&level) == MPI_SUCCESS else { return "unknown" }
        let names = [
            Int(MPI_THREAD_SINGLE): "MPI_THREAD_SINGLE", Int(MPI_THREAD_FUNNELED): "MPI_THREAD_FUNNELED",
            Int(MPI_THREAD_SERIALIZED): "MPI_THREAD_SERIALIZED", Int(MPI_THREAD_MULTIPLE): "MPI_THREAD_MULTIPLE",
        ]
        return names[Int(level)] ?? "unknown"
    }

    /// The name of the host that this rank runs on; empty unless MPI runs.
    public static var processorName: String { nameOfProcessor }

    /// Asked for once: any thread may want to know it.
    nonisolated(unsafe) private static var nameOfProcessor = ""

    /// A text that MPI writes into a buffer of a fixed size; empty when it cannot. Its first line.
    static func text(
        _ capacity: Int, _ get: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
    ) -> String {
        var buffer = [CChar](repeating: 0, count: capacity + 1)
        var length: Int32 = 0
        guard get(&buffer, &length) == MPI_SUCCESS else { return "" }
        let bytes = buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }.prefix { $0 != 0 && $0 != 0x0A }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Why a launcher's processes do not know each other, or nil when all is well. N separate worlds of one would all
    /// do the whole job. A launcher that counts more ranks than MPI sees belongs to another MPI than the one this
    /// program is linked with.
    public static func separation(of world: Communicator) -> CollectiveError? {
        guard world.size == 1 else { return nil }
        var names = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]
        if names.allSatisfy({ getenv($0) == nil }) { names = ["SLURM_STEP_NUM_TASKS"] }
        for name in names {
            guard let value = getenv(name), let count = Int(String(cString: value)), count > 1 else { continue }
            return CollectiveError(
                routine: "MPI_Comm_size",
                reason: """
                    the launcher started \(count) processes (\(name)) and each is alone in its MPI world; launcher and \
                    library differ: use the mpirun of this MPI (\(libraryVersion)), or srun --mpi=\(openMPIVersion == nil ? "pmi2" : "pmix")
                    """)
        }
        return nil
    }
}
