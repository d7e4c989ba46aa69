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
        _ = try exchangedValue(Int64(count)) { memory throws(CollectiveError) in
            try send(memory, MemoryLayout<Int64>.size, to: target)
        }
        try values.withElements { memory throws(CollectiveError) in
            try send(memory, count, to: target)
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
            try exchangedValue(Int64(0)) { header throws(CollectiveError) in
                try receive(header, MemoryLayout<Int64>.size, from: source)
            })
        let bytes: [UInt8] = try receivedArray(count) { memory throws(CollectiveError) in
            try receive(memory, count, from: source)
        }
        guard count % MemoryLayout<T>.stride == 0 else {
            throw CollectiveError(
                routine: "receive", reason: "rank \(rank) sent \(count) bytes, no whole number of \(T.self)")
        }
        return bytes.elements(of: T.self)
    }

    private func send(_ bytes: UnsafeRawPointer, _ count: Int, to target: Int32) throws(CollectiveError) {
        try forEachPart(of: count) { first, length throws(CollectiveError) in
            let start = bytes + first
            try exchange(
                "MPI_Send", with: target,
                { MPI_Send(start, length, cmpi_byte(), target, 0, handle) },
                { MPI_Isend(start, length, cmpi_byte(), target, 0, handle, $0) })
        }
    }

    private func receive(_ bytes: UnsafeMutableRawPointer, _ count: Int, from source: Int32) throws(CollectiveError) {
        try forEachPart(of: count) { first, length throws(CollectiveError) in
            let start = bytes + first
            try exchange(
                "MPI_Recv", with: source,
                { MPI_Recv(start, length, cmpi_byte(), source, 0, handle, cmpi_status_ignore()) },
                { MPI_Irecv(start, length, cmpi_byte(), source, 0, handle, $0) })
        }
    }
}

extension Array where Element == UInt8 {
    /// The bytes as elements of another type.
    func elements<T: BitwiseCopyable>(of type: T.Type) -> [T] {
        let count = count / MemoryLayout<T>.stride
        return [T](unsafeUninitializedCapacity: count) { memory, initialized in
            withUnsafeBytes { UnsafeMutableRawBufferPointer(memory).copyMemory(from: $0) }
            initialized = count
        }
    }
}
