import Collectives
import PhotozMachine
import Survey

/// Brings the predictions of all ranks to rank 0, block by block in data-set order: rank 0 never holds more than a block,
/// whichever ranks have its galaxies.
struct BlockCollection {
    /// Neighbouring galaxies of a rank.
    private struct Part: BitwiseCopyable {
        let rank: Int
        let first: Int
        let end: Int

        /// Galaxies of it in a block.
        func count(in block: Range<Int>) -> Int { min(end, block.upperBound) - max(first, block.lowerBound) }
    }

    private let communicator: Communicator
    /// Galaxies in all.
    private let total: Int
    /// This rank's spans in the order of galaxies.
    private let mine: [RankFindings.Span]
    /// All ranks' spans in the order of galaxies, on rank 0; empty elsewhere.
    private let parts: [Part]

    /// Every rank calls it.
    ///
    /// - Parameters:
    ///   - spans: The galaxies that this rank has; together the ranks have each galaxy once.
    ///   - total: Galaxies in all.
    ///   - communicator: All ranks.
    /// - Throws: A communication error; on rank 0 ``JobError`` with code 70 when a galaxy is missing or there twice.
    init(_ spans: [RankFindings.Span], total: Int, on communicator: Communicator) throws {
        self.communicator = communicator
        self.total = total
        mine = spans.sorted { $0.galaxies.lowerBound < $1.galaxies.lowerBound }
        let own = mine.map {
            Part(rank: communicator.rank, first: $0.galaxies.lowerBound, end: $0.galaxies.upperBound)
        }
        let all = try communicator.gatherVarying(own, root: 0)
        parts = (all ?? []).flatMap(\.self).sorted { ($0.first, $0.end) < ($1.first, $1.end) }
        guard all != nil, let fault = Self.fault(of: parts, total: total) else { return }
        throw JobError(.unexpected, "\(fault); no result was written, and this is a bug of photoz")
    }

    /// What is wrong with parts that do not hold each galaxy exactly once; nil when they do.
    private static func fault(of parts: [Part], total: Int) -> String? {
        var next = 0
        for part in parts {
            if part.first > next { return "no rank predicted galaxies \(next) to \(part.first - 1)" }
            guard part.first == next, part.end > next, part.end <= total else {
                return "rank \(part.rank) predicted galaxies \(part.first) to \(part.end - 1), not all of them its own"
            }
            next = part.end
        }
        return next == total ? nil : "no rank predicted galaxies \(next) to \(total - 1)"
    }

    /// Calls `body` on rank 0 with each block of ``PredictionsWriter/block`` galaxies, the last one smaller. Blocks do not
    /// depend on the number of ranks, so what is written in them does not either. All ranks go from block to block together:
    /// none waits longer than a block takes, whatever the size of the survey, and no messages pile up on rank 0.
    ///
    /// - Parameters:
    ///   - columns: Numbers of this rank's galaxies, such as their redshifts; as many columns on every rank.
    ///   - identifiers: Of the same galaxies.
    ///   - body: Gets a block's first galaxy, and the columns and identifiers of the block.
    /// - Throws: A communication error, or what `body` throws.
    func forEachBlock(
        _ columns: [[Float]], _ identifiers: GalaxyIdentifiers,
        _ body: (Int, [[Float]], GalaxyIdentifiers) throws -> Void
    ) throws {
        var (nextSpan, nextPart) = (0, 0)
        for first in stride(from: 0, to: total, by: PredictionsWriter.block) {
            try communicator.barrier()
            let block = first..<min(first + PredictionsWriter.block, total)
            while nextSpan < mine.count, mine[nextSpan].galaxies.upperBound <= first { nextSpan += 1 }
            let own = places(mine[nextSpan...].prefix { $0.galaxies.lowerBound < block.upperBound }, in: block)
            guard communicator.rank == 0 else {
                guard !own.isEmpty else { continue }
                for column in columns { try communicator.send(own.flatMap { column[$0] }, to: 0) }
                if identifiers.kind != .none { try communicator.send(cut(own, identifiers).bytes, to: 0) }
                continue
            }
            while nextPart < parts.count, parts[nextPart].end <= first { nextPart += 1 }
            let inBlock = parts[nextPart...].prefix { $0.first < block.upperBound }
            let numbers = try columns.map { column in try receive(inBlock, block, own.flatMap { column[$0] }) }
            try body(first, numbers, try receive(inBlock, block, cut(own, identifiers)))
        }
    }

    /// Where this rank's galaxies of a block stand in its columns, in the order of galaxies.
    private func places(_ spans: ArraySlice<RankFindings.Span>, in block: Range<Int>) -> [Range<Int>] {
        spans.map { span in
            let part = span.galaxies.clamped(to: block)
            let place = span.place + part.lowerBound - span.galaxies.lowerBound
            return place..<place + part.count
        }
    }

    private func cut(_ places: [Range<Int>], _ identifiers: GalaxyIdentifiers) -> GalaxyIdentifiers {
        var cut = GalaxyIdentifiers(identifiers.kind)
        for places in places { cut.append(identifiers[places]) }
        return cut
    }

    /// The identifiers of a block: one message from each rank that has a part of it.
    private func receive(
        _ parts: ArraySlice<Part>, _ block: Range<Int>, _ own: GalaxyIdentifiers
    ) throws -> GalaxyIdentifiers {
        let kind = own.kind
        guard kind != .none else { return own }
        let counts = Dictionary(parts.map { ($0.rank, $0.count(in: block)) }, uniquingKeysWith: +)
        var waiting = [0: (own, 0)]
        var whole = GalaxyIdentifiers(kind)
        for part in parts {
            if waiting[part.rank] == nil {
                let bytes = try communicator.receiveArray(of: UInt8.self, from: part.rank)
                guard let theirs = GalaxyIdentifiers(kind, bytes, count: counts[part.rank] ?? 0) else {
                    throw JobError(.unexpected, "rank \(part.rank) sent other identifiers; this is a bug of photoz")
                }
                waiting[part.rank] = (theirs, 0)
            }
            guard let (theirs, place) = waiting[part.rank] else { continue }
            let end = place + part.count(in: block)
            whole.append(theirs[place..<end])
            waiting[part.rank] = (theirs, end)
        }
        return whole
    }

    /// A block of one column: one message from each rank that has a part of it.
    private func receive(_ parts: ArraySlice<Part>, _ block: Range<Int>, _ own: [Float]) throws -> [Float] {
        var waiting = [0: own[...]]
        var whole: [Float] = []
        for part in parts {
            let count = part.count(in: block)
            var numbers = try waiting[part.rank] ?? communicator.receiveArray(of: Float.self, from: part.rank)[...]
            guard numbers.count >= count else {
                throw JobError(.unexpected, "rank \(part.rank) sent too few predictions; this is a bug of photoz")
            }
            whole += numbers.prefix(count)
            numbers = numbers.dropFirst(count)
            waiting[part.rank] = numbers
        }
        guard waiting.values.allSatisfy(\.isEmpty) else {
            throw JobError(.unexpected, "a rank sent too many predictions; this is a bug of photoz")
        }
        return whole
    }
}
