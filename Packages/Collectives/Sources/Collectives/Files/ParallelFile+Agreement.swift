import CMPI

/// What ranks that share a file must know of each other.
extension ParallelFile {
    /// In how many calls of MPI the longest of all ranks' parts is written or read; all ranks take part in each.
    func agreeOnRounds(
        _ byteCount: Int, at byteOffset: Int, _ needed: Mode, _ routine: String
    ) throws(CollectiveError) -> Int {
        try requireOpen(routine)
        guard mode == needed else {
            throw CollectiveError(routine: routine, reason: "\(path): it was opened for \(mode)")
        }
        let (end, isTooFar) = byteOffset.addingReportingOverflow(byteCount)
        let isWrong = byteCount < 0 || byteOffset < 0 || isTooFar
        // MPI's libraries do not all say how much of a collective read was there. Where this fails, reading would.
        let size = mode == .reading ? (try? self.size) ?? 0 : .max
        let mark = Int64(communicator.rank + 1)
        let all = try communicator.largest(
            [Int64(byteCount), isWrong ? mark : 0, byteCount > 0 && end > size ? mark : 0, Int64(size)])
        guard all[1] == 0 else {
            throw CollectiveError(
                routine: routine, reason: "\(path): rank \(all[1] - 1) gives a place or count that no file has")
        }
        guard all[2] == 0 else {
            throw CollectiveError(
                .endOfFile(size: Int(all[3])), routine: routine,
                reason: "\(path): it has \(all[3]) bytes, and rank \(all[2] - 1) reads beyond them")
        }
        return Int(all[0]) / Parts.largest + (Int(all[0]) % Parts.largest > 0 ? 1 : 0)
    }

    /// Calls MPI for each part of this rank's bytes, and with none where other ranks have more. A rank for which one
    /// fails takes part in the others: nobody waits for it.
    ///
    /// - Parameter body: The call, for the first byte and the length of a part.
    func transfer(
        _ byteCount: Int, _ rounds: Int, _ routine: String, _ body: (Int, Int32) -> Int32
    ) throws(CollectiveError) {
        var code = MPI_SUCCESS
        for round in 0..<rounds {
            let first = min(round * Parts.largest, byteCount)
            let found = body(first, Int32(min(byteCount - first, Parts.largest)))
            if code == MPI_SUCCESS { code = found }
        }
        try agree(code, routine)
    }

    /// Throws on every rank when a call failed on one.
    func agree(_ code: Int32, _ routine: String) throws(CollectiveError) {
        var errorClass: Int32 = 0
        if code != MPI_SUCCESS { MPI_Error_class(code, &errorClass) }
        let rank = communicator.rank
        let all = try communicator.largest([code == MPI_SUCCESS ? 0 : Int64(rank + 1), Int64(errorClass), 0, 0])
        guard all[0] > 0 else { return }
        guard code != MPI_SUCCESS else {
            throw CollectiveError(
                .mpi(errorClass: Int(all[1])), routine: routine, reason: "\(path): it failed on rank \(all[0] - 1)")
        }
        let error = failure(code, routine)
        throw CollectiveError(error.kind, routine: routine, reason: "\(path): rank \(rank): \(error.reason)")
    }
}
