import CMPI

/// One rank's values on every rank.
extension Communicator {
    /// Rank `root`'s value on every rank: a number or a plain struct. The others' own values are not looked at.
    ///
    /// - Throws: ``CollectiveError``
    public func broadcast<T: BitwiseCopyable>(_ value: T, root: Int) throws(CollectiveError) -> T {
        let root = try requireRank(root, "broadcast")
        return try exchangedValue(value) { memory throws(CollectiveError) in
            try broadcast(bytes: memory, MemoryLayout<T>.size, root: root)
        }
    }

    /// Rank `root`'s array on every rank; the others give nil and need not know its length.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the elements differ in size.
    public func broadcast<T: BitwiseCopyable>(_ values: [T]?, root: Int) throws(CollectiveError) -> [T] {
        let source = try requireRank(root, "broadcast")
        let count = try agree(onCountOf: values, of: root, "broadcast")
        let byteCount = count * MemoryLayout<T>.stride
        guard rank == root, let values else {
            return try receivedArray(count) { memory throws(CollectiveError) in
                try broadcast(bytes: memory, byteCount, root: source)
            }
        }
        // The root's are only read.
        try values.withElements { memory throws(CollectiveError) in
            try broadcast(bytes: UnsafeMutableRawPointer(mutating: memory), byteCount, root: source)
        }
        return values
    }

    /// Overwrites the buffer on every rank with rank `root`'s bytes, any number of them.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the buffers differ in length.
    public func broadcast(into buffer: UnsafeMutableRawBufferPointer, root: Int) throws(CollectiveError) {
        let root = try requireRank(root, "broadcast")
        try agree(onLength: buffer.count, of: UInt8.self, "broadcast")
        guard let start = buffer.baseAddress else { return }
        try broadcast(bytes: start, buffer.count, root: root)
    }

    func broadcast(bytes: UnsafeMutableRawPointer, _ count: Int, root: Int32) throws(CollectiveError) {
        try forEachPart(of: count) { first, length throws(CollectiveError) in
            let start = bytes + first
            try collective(
                "MPI_Bcast",
                { MPI_Bcast(start, length, cmpi_byte(), root, handle) },
                { MPI_Ibcast(start, length, cmpi_byte(), root, handle, $0) })
        }
    }
}
