/// Collectives out of memory that the caller has, and into it, such as a part of an array. Lengths and sizes are
/// compared as those of arrays are, and a span and an array do not differ for other ranks.
///
/// Without a deadline and an interruption MPI works on that memory itself. With one it works on a copy, since the
/// operation may be given up while MPI goes on with it.
extension Communicator {
    /// Overwrites the elements on every rank by rank `root`'s. Every rank calls it.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the spans differ in length, or their elements in size; they
    ///   are as before then. After any other error they are without meaning.
    public func broadcast<T: BitwiseCopyable>(
        into values: inout MutableSpan<T>, root: Int
    ) throws(CollectiveError) {
        let source = try requireRank(root, "broadcast")
        let byteCount = values.count * MemoryLayout<T>.stride
        try agree(onLength: values.count, of: T.self, "broadcast")
        try values.withElements(on: self) { memory throws(CollectiveError) in
            try broadcast(bytes: memory, byteCount, root: source)
        }
    }

    /// Overwrites the elements on every rank by all ranks' elements combined. Every rank calls it, and waits for all.
    ///
    /// - Throws: ``CollectiveError``, on every rank when the spans differ in length, or their elements in size; they
    ///   are as before then. After any other error they are without meaning.
    public func allReduce<T>(
        inPlace values: inout MutableSpan<T>, _ operation: Reduction<T>
    ) throws(CollectiveError) {
        let count = values.count
        try agree(onLength: count, of: T.self, "allReduce")
        try values.withElements(on: self) { memory throws(CollectiveError) in
            try allReduce(Operands(inPlace: memory), count, operation)
        }
    }

    /// Brings every rank's elements to `root`, one rank's behind another's in rank order. Every rank calls it.
    ///
    /// - Parameters:
    ///   - values: This rank's, as many as every other rank's.
    ///   - all: On `root`, where they go: as many elements as all ranks have. Not looked at on the others, where it may
    ///     be empty.
    ///   - root: The rank that gets them.
    /// - Throws: ``CollectiveError``, on every rank when `all` has another length on `root`, the ranks' own spans
    ///   differ in length, or their elements in size; `all` is as before then. After any other error it is without
    ///   meaning.
    public func gather<T: BitwiseCopyable>(
        _ values: Span<T>, into all: inout MutableSpan<T>, root: Int
    ) throws(CollectiveError) {
        let (target, count, isRoot) = (try requireRank(root, "gather"), values.count, rank == root)
        try agree(onLength: count, of: T.self, fits: !isRoot || all.count == count * size, "gather")
        try values.withElements(on: self) { own throws(CollectiveError) in
            let byteCount = count * MemoryLayout<T>.stride
            guard isRoot else { return try gather(own, into: nil, byteCount, root: target) }
            try all.withElements(on: self, isRead: false) { all throws(CollectiveError) in
                try gather(own, into: all, byteCount, root: target)
            }
        }
    }

    /// Brings every rank's elements to every rank, one rank's behind another's in rank order. Every rank calls it, and
    /// waits for all.
    ///
    /// - Parameters:
    ///   - values: This rank's, as many as every other rank's. They are copied once, to their place among all.
    ///   - all: Where they go: as many elements as all ranks have.
    /// - Throws: ``CollectiveError``, as ``gather(_:into:root:)``, where `all` has another length on any rank.
    public func allGather<T: BitwiseCopyable>(
        _ values: Span<T>, into all: inout MutableSpan<T>
    ) throws(CollectiveError) {
        try agree(onLength: values.count, of: T.self, fits: all.count == values.count * size, "allGather")
        try all.withElements(on: self, isRead: false) { all throws(CollectiveError) in
            try values.withUnsafeBufferPointer { own throws(CollectiveError) in try allGather(own, into: all) }
        }
    }

    /// Deals `root`'s elements to all ranks: rank r gets the r-th of as many equal parts as there are ranks. Every rank
    /// calls it.
    ///
    /// - Parameters:
    ///   - values: On `root`, what is dealt: as many elements as all ranks have room for. Not looked at on the others,
    ///     where it may be empty.
    ///   - own: Where this rank's part goes, as long as every other rank's.
    ///   - root: The rank that deals.
    /// - Throws: ``CollectiveError``, on every rank when `values` has another length on `root`, the ranks' own spans
    ///   differ in length, or their elements in size; `own` is as before then. After any other error it is without
    ///   meaning.
    public func scatter<T: BitwiseCopyable>(
        _ values: Span<T>, into own: inout MutableSpan<T>, root: Int
    ) throws(CollectiveError) {
        let (target, count) = (try requireRank(root, "scatter"), own.count)
        try agree(onLength: count, of: T.self, fits: rank != root || values.count == count * size, "scatter")
        try own.withElements(on: self, isRead: false) { own throws(CollectiveError) in
            try values.withElements(on: self) { all throws(CollectiveError) in
                try scatter(all, into: own, count * MemoryLayout<T>.stride, root: target)
            }
        }
    }
}
