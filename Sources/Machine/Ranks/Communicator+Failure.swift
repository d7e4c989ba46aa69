import Collectives
import FoundationEssentials
import PhotozExitCodes
import Survey

extension Communicator {
    /// Ends all ranks for the same reason when any of them has failed: the failure that comes first in some order that
    /// all know, such as the number of a file. Every rank calls it.
    ///
    /// - Parameter failure: What this rank has come upon, and its place in that order; nil for nothing.
    /// - Throws: On every rank the first failure.
    package func throwFirst(_ failure: (order: Int, error: any Error)?) throws {
        if let first = try first(of: failure) { throw first }
    }

    /// Does something on every rank in which ranks do not wait for each other, and fails on all when it fails on any:
    /// so rank 0 can tidy up before the job ends. Every rank calls it.
    ///
    /// - Throws: On every rank the failure of the first rank that has one.
    package func together(_ body: () throws -> Void) throws {
        var failure: JobError?
        do { try body() } catch {
            let own = JobError(error)
            let place = size > 1 ? " (found by rank \(rank) on \(MPI.processorName))" : ""
            failure = JobError(own.exitCode, own.description + place)
        }
        try throwFirst(failure.map { (rank, $0) })
    }

    /// The failure that comes first, on every rank; nil when no rank has failed. Every rank calls it.
    ///
    /// - Parameter failure: As for ``throwFirst(_:)``.
    package func first(of failure: (order: Int, error: any Error)?) throws -> (any Error)? {
        let first = try allReduce(failure?.order ?? Int.max, .min)
        guard first < Int.max else { return nil }
        let teller = try allReduce(failure?.order == first ? rank : .max, .min)
        let mine = rank == teller ? failure?.error : nil
        let told = try mine.map { Array(try JSONEncoder().encode(ToldFailure($0))) }
        let bytes = try broadcast(rank == teller ? told : nil, root: teller)
        return try mine ?? JSONDecoder().decode(ToldFailure.self, from: Data(bytes)).error
    }
}

/// A failure as one rank tells it to others.
private struct ToldFailure: Codable {
    private let code: Int32
    private let description: String
    /// The program adds advice to these.
    private let partition: PartitionError?

    init(_ error: any Error) {
        let failure = JobError(error)
        (code, description) = (failure.exitCode.rawValue, failure.description)
        partition = error as? PartitionError
    }

    var error: any Error {
        partition ?? JobError(ExitCode(rawValue: code) ?? .unexpected, description)
    }
}
