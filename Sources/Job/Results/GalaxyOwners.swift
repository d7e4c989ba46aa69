import Collectives
import PhotozMachine

/// Which rank looks after which galaxies while results are written: neighbouring ranks after neighbouring galaxies,
/// whoever has predicted them. So what depends on the galaxies of all ranks in their order, such as whether each is
/// there once, is found out without gathering it on one rank.
package struct GalaxyOwners {
    /// Galaxies that are written together at most. No owner has a part of a block.
    package static let block = 1 << 16

    /// What a rank asks about neighbouring galaxies that it has.
    struct Question<Value: BitwiseCopyable>: BitwiseCopyable {
        let first: Int
        let end: Int
        /// Who asks.
        let rank: Int
        let value: Value
    }

    private let world: Communicator
    /// Galaxies in all.
    private let total: Int
    /// Galaxies of an owner.
    private let share: Int

    /// - Parameters:
    ///   - total: Galaxies in all.
    ///   - world: All ranks.
    package init(total: Int, on world: Communicator) {
        self.world = world
        self.total = total
        let blocks = (total + Self.block - 1) / Self.block
        share = max(1, (blocks + world.size - 1) / world.size) * Self.block
    }

    private func owner(of galaxy: Int) -> Int { min(max(galaxy, 0) / share, world.size - 1) }

    /// Asks the owners about this rank's pieces. Every rank calls it.
    ///
    /// - Parameters:
    ///   - pieces: In order, none beyond a multiple of ``block``: from ``RankFindings/pieces(every:)``.
    ///   - values: One for each piece.
    ///   - answer: Called once on each rank with all that is asked about its galaxies, in their order: one answer for
    ///     each.
    /// - Returns: The answer to each piece.
    /// - Throws: A communication error, or what `answer` throws.
    func ask<Value: BitwiseCopyable, Answer: BitwiseCopyable>(
        _ pieces: [Range<Int>], _ values: [Value], _ answer: ([Question<Value>]) throws -> [Answer]
    ) throws -> [Answer] {
        var questions = [[Question<Value>]](repeating: [], count: world.size)
        for (piece, value) in zip(pieces, values) {
            questions[owner(of: piece.lowerBound)].append(
                Question(first: piece.lowerBound, end: piece.upperBound, rank: world.rank, value: value))
        }
        let asked = try world.allToAllVarying(questions)
        let all = asked.flatMap(\.self)
        let order = all.indices.sorted { (all[$0].first, all[$0].end) < (all[$1].first, all[$1].end) }
        let answers = try answer(order.map { all[$0] })
        // Back into the order in which each rank has asked.
        var placed = answers
        for (place, index) in order.enumerated() { placed[index] = answers[place] }
        var rest = placed[...]
        let given = try world.allToAllVarying(
            asked.map { questions in
                defer { rest = rest.dropFirst(questions.count) }
                return Array(rest.prefix(questions.count))
            })
        var next = [Int](repeating: 0, count: world.size)
        return pieces.map { piece in
            let owner = owner(of: piece.lowerBound)
            defer { next[owner] += 1 }
            return given[owner][next[owner]]
        }
    }

    /// Where each piece's bytes begin when the bytes of all galaxies stand one behind another in order. Every rank
    /// calls it.
    ///
    /// - Parameters:
    ///   - pieces: This rank's, as for ``ask(_:_:_:)``.
    ///   - lengths: Bytes of each.
    /// - Returns: The places, and the bytes of all ranks.
    /// - Throws: A communication error.
    func places(of pieces: [Range<Int>], lengths: [Int]) throws -> (places: [Int], total: Int) {
        let places = try ask(pieces, lengths) { asked in
            var next = try world.exclusiveScan(asked.reduce(0) { $0 + $1.value }, .sum) ?? 0
            return asked.map { question in
                defer { next += question.value }
                return next
            }
        }
        return (places, try world.allReduce(lengths.reduce(0, +), .sum))
    }

    /// Requires that all ranks' pieces together hold each galaxy once. Every rank calls it.
    ///
    /// - Parameter pieces: This rank's, as for ``ask(_:_:_:)``.
    /// - Throws: On every rank the same ``JobError`` with code 70 when a galaxy is missing or there twice, or a
    ///   communication error.
    package func requireTiling(_ pieces: [Range<Int>]) throws {
        _ = try ask(pieces, pieces.map { _ in false }) { asked in
            let mine = min(world.rank * share, total)..<min((world.rank + 1) * share, total)
            try world.throwFirst(
                Self.fault(of: asked, tiling: mine).map { fault in
                    let words = "\(fault.words); no result was written, and this is a bug of photoz"
                    return (fault.galaxy, JobError(.unexpected, words))
                })
            return asked.map { _ in true }
        }
    }

    /// What is wrong with parts that do not hold each galaxy of a range exactly once, and where; nil when they do.
    private static func fault<Value>(
        of parts: [Question<Value>], tiling range: Range<Int>
    ) -> (galaxy: Int, words: String)? {
        var next = range.lowerBound
        for part in parts {
            if part.first > next, next < range.upperBound {
                return (next, "no rank predicted galaxies \(next) to \(min(part.first, range.upperBound) - 1)")
            }
            guard part.first == next, part.end > next, part.end <= range.upperBound else {
                let words =
                    "rank \(part.rank) predicted galaxies \(part.first) to \(part.end - 1), not all of them its own"
                return (min(part.first, next), words)
            }
            next = part.end
        }
        guard next < range.upperBound else { return nil }
        return (next, "no rank predicted galaxies \(next) to \(range.upperBound - 1)")
    }
}
