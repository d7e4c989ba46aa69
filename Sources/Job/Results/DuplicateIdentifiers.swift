import Collectives
import PhotozMachine
import Survey

/// Galaxies that have the identifier of another one. All ranks look together: each compares what falls to it of all by
/// a hash.
struct DuplicateIdentifiers {
    /// Galaxies whose identifier an earlier galaxy has.
    let count: Int
    /// Two galaxies that have one in common; nil when there are none.
    let example: (Int, Int)?

    private struct Entry: BitwiseCopyable {
        let hash: UInt64
        let galaxy: Int
    }

    /// Galaxies that a rank compares at most: 16 bytes are kept for each.
    private static let largestShare = 1 << 24

    /// Looks for them; nil when the data set has none or a rank would have to keep too many. Every rank calls it.
    ///
    /// - Throws: A communication error.
    init?(_ found: RankFindings, of dataSet: DataSet, world: Communicator) throws {
        guard dataSet.identifiers != .none, dataSet.rows / world.size < Self.largestShare else { return nil }
        var buckets = [[Entry]](repeating: [], count: world.size)
        let hashes = found.identifiers.values.hashes
        // The identifiers of rows that could not be read may not be known.
        let knowsAll = found.skipped.isEmpty
        for span in found.spans {
            for (index, galaxy) in span.galaxies.enumerated()
            where knowsAll || !found.predictions[span.place + index].isNaN {
                let hash = hashes[span.place + index]
                buckets[Int(hash % UInt64(world.size))].append(Entry(hash: hash, galaxy: galaxy))
            }
        }
        let (mine, pair) = Self.repetitions(try world.allToAllVarying(buckets).flatMap(\.self))
        count = try world.allReduce(mine, .sum)
        let second = try world.allReduce(pair?.1 ?? .max, .min)
        let first = try world.allReduce(pair?.1 == second ? pair?.0 ?? .max : .max, .min)
        example = count > 0 ? (first, second) : nil
    }

    private static func repetitions(_ entries: [Entry]) -> (Int, (Int, Int)?) {
        let sorted = entries.sorted { ($0.hash, $0.galaxy) < ($1.hash, $1.galaxy) }
        var (count, pair): (Int, (Int, Int)?) = (0, nil)
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.hash == next.hash {
            count += 1
            if next.galaxy < pair?.1 ?? .max { pair = (one.galaxy, next.galaxy) }
        }
        return (count, pair)
    }
}

extension Run {
    /// Says when galaxies have an identifier in common. Every rank calls it.
    func warnOfDuplicates(_ found: RankFindings, _ plan: RunPlan) throws {
        let dataSet = plan.dataSet
        guard let duplicates = try DuplicateIdentifiers(found, of: dataSet, world: world),
            let example = duplicates.example, world.rank == 0
        else { return }
        func place(_ galaxy: Int) -> String {
            let piece = Shard(galaxy..<galaxy + 1, starts: dataSet.partitions.starts).pieces[0]
            return "row \(piece.rows.lowerBound) of \(dataSet.partitions[piece.partition].name)"
        }
        warn(
            "\(plan.schema.objectID): \(duplicates.count) galaxies have the identifier of another one, such as \(place(example.0)) and \(place(example.1)); each keeps its own prediction"
        )
    }
}
