import CMPI

/// A counter in one rank's memory from which every rank takes numbers: each number goes to one taker.
///
/// Where ranks share no memory, a request is answered only while the host makes MPI calls: see ``progress()``. The
/// counter lives until MPI is finished: freeing it is collective, and a rank that fails must not wait for the others.
///
/// Unchecked, because nothing here changes after the initializer, and MPI itself asks only that no two threads of a
/// rank call it at the same time (`MPI_THREAD_SERIALIZED`): whoever hands MPI from one thread to another must see to
/// that.
public final class SharedCounter: @unchecked Sendable {
    private let communicator: Communicator
    private let host: Int32
    private let window: WindowHandle

    /// Makes a counter that starts at 0; every rank calls it.
    ///
    /// - Parameters:
    ///   - communicator: The ranks that share it.
    ///   - host: The rank that keeps it.
    /// - Throws: ``CollectiveError``
    public init(on communicator: Communicator, host: Int) throws(CollectiveError) {
        self.host = try communicator.requireRank(host, "SharedCounter")
        var window = cmpi_win_null()
        _ = try allocateWindow(count: communicator.rank == host ? 1 : 0, on: communicator, &window)
        (self.communicator, self.window) = (communicator, window)
        try communicator.meet([host], in: window)
    }

    /// The next number, from 0.
    ///
    /// - Throws: ``CollectiveError``
    public func next() throws(CollectiveError) -> Int {
        // The number to add, and room for what was there.
        let numbers = try communicator.exchangedValue(SIMD2<Int64>(1, 0)) { memory throws(CollectiveError) in
            let one = UnsafeMutableRawPointer(memory)
            let number = one + MemoryLayout<Int64>.size
            try communicator.exchange(
                "MPI_Fetch_and_op", with: host,
                {
                    let code = MPI_Fetch_and_op(one, number, cmpi_int64(), host, 0, cmpi_sum(), window)
                    return code == MPI_SUCCESS ? MPI_Win_flush(host, window) : code
                },
                {
                    MPI_Rget_accumulate(
                        one, 1, cmpi_int64(), number, 1, cmpi_int64(), host, 0, 1, cmpi_int64(), cmpi_sum(), window, $0)
                })
        }
        return Int(numbers[1])
    }

    /// Lets MPI answer what other ranks ask of this one. Cheap, and never waits.
    public func progress() { Progress.make() }
}
