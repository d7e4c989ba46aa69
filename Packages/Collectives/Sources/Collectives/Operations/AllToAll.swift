import CMPI

/// As many values from every rank for every other one; ``Communicator/allToAllVarying(_:)`` takes any number of them.
extension Communicator {
    /// What all ranks have for this one, in rank order: of each rank's array, the r-th of as many equal parts as there
    /// are ranks is for rank r. Every rank calls it, and waits for all.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the arrays differ in length, cannot be dealt evenly, or their
    ///   elements differ in size.
    public func allToAll<T: BitwiseCopyable>(_ values: [T]) throws(CollectiveError) -> [T] {
        try agree(onLength: values.count, of: T.self, "allToAll")
        let count = try evenPart(of: values.count, "allToAll")
        // The most of each part that one call of MPI takes.
        let most = max(Parts.largest / (size * MemoryLayout<T>.stride), 1)
        guard count > most else { return try allToAllAtOnce(values, count) }
        var all = values
        try forEachPart(of: count, atMost: most) { first, length throws(CollectiveError) in
            let length = Int(length)
            let places = (0..<size).map { $0 * count + first..<$0 * count + first + length }
            let taken = try allToAllAtOnce(places.flatMap { values[$0] }, length)
            for (source, place) in places.enumerated() {
                all.replaceSubrange(place, with: taken[source * length..<(source + 1) * length])
            }
        }
        return all
    }

    private func allToAllAtOnce<T: BitwiseCopyable>(_ values: [T], _ count: Int) throws(CollectiveError) -> [T] {
        let (byte, length) = (cmpi_byte(), Int32(count * MemoryLayout<T>.stride))
        guard length > 0 else { return [] }
        return try receivedArray(values.count) { memory throws(CollectiveError) in
            try values.withElements { own throws(CollectiveError) in
                try collective(
                    "MPI_Alltoall",
                    { MPI_Alltoall(own, length, byte, memory, length, byte, handle) },
                    { MPI_Ialltoall(own, length, byte, memory, length, byte, handle, $0) })
            }
        }
    }
}
