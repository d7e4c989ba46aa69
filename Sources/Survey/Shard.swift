/// The galaxies of one rank: runs of rows of neighbouring partitions.
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

    /// The run `galaxies` of a data set whose partitions hold `partitionRows` galaxies.
    public init(_ galaxies: Range<Int>, partitionRows: [Int]) {
        self.galaxies = galaxies
        var start = 0
        var pieces: [Piece] = []
        for (partition, rows) in partitionRows.enumerated() {
            let part = galaxies.clamped(to: start..<start + rows)
            if !part.isEmpty {
                pieces.append(Piece(partition: partition, rows: part.lowerBound - start..<part.upperBound - start))
            }
            start += rows
        }
        self.pieces = pieces
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
