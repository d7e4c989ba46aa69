/// Neighbouring galaxies, such as those of a rank or a batch, as rows of partitions.
public struct Shard: Sendable {
    /// Some rows of one partition.
    public struct Piece: Sendable, Equatable {
        /// The partition's index in the data set.
        public let partition: Int
        /// Rows of the file.
        public let rows: Range<Int>

        /// Rows of a partition.
        public init(partition: Int, rows: Range<Int>) {
            self.partition = partition
            self.rows = rows
        }
    }

    /// The galaxies as a range of the whole data set.
    public let galaxies: Range<Int>
    /// The same as rows of files, in order, none empty.
    public let pieces: [Piece]

    /// The galaxies as rows of their partitions.
    ///
    /// - Parameters:
    ///   - galaxies: Neighbours in the data set.
    ///   - starts: The first galaxy of each partition, and behind the last how many galaxies there are:
    ///     ``PartitionTable/starts``.
    public init(_ galaxies: Range<Int>, starts: some RandomAccessCollection<Int>) {
        self.galaxies = galaxies
        var pieces: [Piece] = []
        var place = galaxies.isEmpty ? starts.endIndex : Self.place(of: galaxies.lowerBound, in: starts)
        var partition = starts.distance(from: starts.startIndex, to: place)
        while place < starts.endIndex, starts[place] < galaxies.upperBound {
            let (first, next) = (starts[place], starts.index(after: place))
            guard next < starts.endIndex else { break }
            let part = galaxies.clamped(to: first..<starts[next])
            if !part.isEmpty {
                pieces.append(Piece(partition: partition, rows: part.lowerBound - first..<part.upperBound - first))
            }
            partition += 1
            place = next
        }
        self.pieces = pieces
    }

    /// The last partition that begins at a galaxy or before it: where the galaxy is, since only the last of several
    /// that begin at one place has any.
    private static func place<Starts: RandomAccessCollection<Int>>(of galaxy: Int, in starts: Starts) -> Starts.Index {
        var (first, count) = (starts.startIndex, starts.count)
        while count > 1 {
            let half = count / 2
            let middle = starts.index(first, offsetBy: half)
            if starts[middle] <= galaxy { (first, count) = (middle, count - half) } else { count = half }
        }
        return first
    }

    /// The same galaxies in batches of `size`, the last one smaller.
    public func batches(of size: Int) -> [Shard] {
        var batches: [[Piece]] = []
        var room = 0
        for piece in pieces {
            var rows = piece.rows
            while !rows.isEmpty {
                if room == 0 {
                    batches.append([])
                    room = size
                }
                let part = rows.prefix(room)
                batches[batches.count - 1].append(Piece(partition: piece.partition, rows: part))
                room -= part.count
                rows = rows.dropFirst(part.count)
            }
        }
        var start = galaxies.lowerBound
        return batches.map { pieces in
            let count = pieces.reduce(0) { $0 + $1.rows.count }
            defer { start += count }
            return Shard(galaxies: start..<start + count, pieces: pieces)
        }
    }

    private init(galaxies: Range<Int>, pieces: [Piece]) {
        self.galaxies = galaxies
        self.pieces = pieces
    }
}
