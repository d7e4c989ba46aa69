import CMPI

/// Sending and receiving between two ranks: blocking, in order for each pair.
///
/// A message carries its length, so that a receiver with other expectations gets an error and not a part of it.
extension Communicator {
    /// Sends a value: a number or a plain struct.
    ///
    /// - Throws: ``CollectiveError``
    public func send<T: BitwiseCopyable>(_ value: T, to rank: Int) throws(CollectiveError) {
        try send([value], to: rank)
    }

    /// Receives a value that was sent as one.
    ///
    /// - Throws: ``CollectiveError``, also when the message is no single value of this size.
    public func receive<T: BitwiseCopyable>(_ type: T.Type = T.self, from rank: Int) throws(CollectiveError) -> T {
        let values = try receiveArray(of: T.self, from: rank)
        guard values.count == 1 else {
            throw CollectiveError(
                routine: "receive", reason: "rank \(rank) sent \(values.count) values of \(T.self) instead of one")
        }
        return values[0]
    }

    /// Sends an array of any length.
    ///
    /// - Throws: ``CollectiveError``
    public func send<T: BitwiseCopyable>(_ values: [T], to rank: Int) throws(CollectiveError) {
        let target = try requireRank(rank, "send")
        let count = values.count * MemoryLayout<T>.stride
        var header = Int64(count)
        try check(MPI_Send(&header, 1, cmpi_int64(), target, 0, handle), "MPI_Send")
        try values.withContiguousBytes { bytes throws(CollectiveError) in
            try forEachPart(of: count) { first, length throws(CollectiveError) in
                try check(MPI_Send(bytes + first, length, cmpi_byte(), target, 0, handle), "MPI_Send")
            }
        }
    }

    /// Receives an array, whatever its length.
    ///
    /// - Throws: ``CollectiveError``, also when the message is no whole number of such elements.
    public func receiveArray<T: BitwiseCopyable>(
        of type: T.Type = T.self, from rank: Int
    ) throws(CollectiveError) -> [T] {
        let source = try requireRank(rank, "receive")
        let count = Int(
            try withRoom(Int64(0)) { header throws(CollectiveError) in
                try check(
                    MPI_Recv(header, 1, cmpi_int64(), source, 0, handle, cmpi_status_ignore()), "MPI_Recv")
            })
        let bytes: [UInt8] = try filled(count) { room throws(CollectiveError) in
            try forEachPart(of: count) { first, length throws(CollectiveError) in
                try check(
                    MPI_Recv(room + first, length, cmpi_byte(), source, 0, handle, cmpi_status_ignore()), "MPI_Recv")
            }
        }
        guard count % MemoryLayout<T>.stride == 0 else {
            throw CollectiveError(
                routine: "receive", reason: "rank \(rank) sent \(count) bytes, no whole number of \(T.self)")
        }
        return bytes.elements(of: T.self)
    }
}

extension Array where Element: BitwiseCopyable {
    /// Gives `body` the array's bytes; some address when there are none.
    func withContiguousBytes(
        _ body: (UnsafeRawPointer) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        let result = withUnsafeBytes { bytes -> Result<Void, CollectiveError> in
            Swift.withUnsafeBytes(of: 0) { nothing -> Result<Void, CollectiveError> in
                guard let start = bytes.baseAddress ?? nothing.baseAddress else { return .success(()) }
                do throws(CollectiveError) { return .success(try body(start)) } catch { return .failure(error) }
            }
        }
        try result.get()
    }
}

extension Array where Element == UInt8 {
    /// The bytes as elements of another type.
    func elements<T: BitwiseCopyable>(of type: T.Type) -> [T] {
        let count = count / MemoryLayout<T>.stride
        return [T](unsafeUninitializedCapacity: count) { room, initialized in
            withUnsafeBytes { UnsafeMutableRawBufferPointer(room).copyMemory(from: $0) }
            initialized = count
        }
    }
}
