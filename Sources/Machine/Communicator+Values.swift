import Collectives
import FoundationEssentials
import PhotozExitCodes

extension Communicator {
    /// Rank 0's value on every rank, sent as JSON; the others give nil. For a few small values: what grows with partitions or
    /// galaxies is sent as it lies in memory.
    package func broadcastValue<T: Codable>(_ value: T?) throws -> T {
        let mine = try value.map { [UInt8](try JSONEncoder().encode($0)) } ?? []
        var bytes = [UInt8](repeating: 0, count: try broadcast(mine.count, root: 0))
        if rank == 0 { bytes = mine }
        try bytes.withUnsafeMutableBytes { try broadcast(into: $0, root: 0) }
        return try JSONDecoder().decode(T.self, from: Data(bytes))
    }

    /// Does something on every rank in which ranks do not wait for each other, and fails on all when it fails on any: with the
    /// words and the exit code of the first such rank. So rank 0 can tidy up before the job ends.
    ///
    /// - Throws: ``JobError`` or a communication error.
    package func together(_ body: () throws -> Void) throws {
        var failure: JobError?
        do { try body() } catch { failure = JobError(error) }
        let first = try allReduce(failure == nil ? size : rank, .min)
        guard first < size else { return }
        if size == 1, let failure { throw failure }
        let code = try broadcast(failure?.exitCode.rawValue ?? 0, root: first)
        let words = failure.map { Array("\($0.description) (found by rank \(first) on \(MPI.processorName))".utf8) }
        let text = String(decoding: try broadcast(words, root: first), as: UTF8.self)
        throw JobError(ExitCode(rawValue: code) ?? .unexpected, text)
    }

    /// Every rank's text on rank 0, in rank order; nil elsewhere.
    package func gatherStrings(_ text: String) throws -> [String]? {
        try gatherVarying(Array(text.utf8), root: 0)?.map { String(decoding: $0, as: UTF8.self) }
    }
}
