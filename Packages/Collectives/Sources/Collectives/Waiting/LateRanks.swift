/// The error of an operation that waited in vain.
extension Communicator {
    /// Asks the board who is missing.
    ///
    /// - Parameters:
    ///   - peer: The only rank that was waited for; nil for all.
    ///   - begin: When this rank began to wait.
    ///   - endsJob: Whether something was under way that is given up.
    func timeout(
        _ routine: String, of peer: Int?, _ deadline: Duration, since begin: Int64, endsJob: Bool
    ) -> CollectiveError {
        let end = "within \(seconds(deadline))"
        let (missing, reason) = absentees(of: peer, end, since: begin + (deadline + Pace.grace / 2).nanoseconds)
        // With the job ends what this rank knows.
        if endsJob { waiting.board?.answerOthers() }
        return CollectiveError(.timedOut(missing: missing), routine: routine, reason: reason)
    }

    private func absentees(
        of peer: Int?, _ end: String, since time: Int64
    ) -> (ranks: [Int], reason: String) {
        guard let tally = waiting.tally else {
            return peer.map { ([$0], "rank \($0) did not answer \(end)") }
                ?? ([], "not every one of \(size) ranks arrived \(end)")
        }
        let (board, counter) = (tally.board, tally.counter)
        guard let lines = (try? board.lines(since: time)) ?? nil else {
            let holders = board.holderRanks.filter { $0 != board.rank }
            let who = peer.map { "\(board.name(counter.members[$0])) did not answer" } ?? "not every rank arrived"
            let names = holders.map(board.name).joined(separator: " and ")
            return (holders, "\(who) \(end), and nor do those who know more: \(names)")
        }
        if let peer { return board.report([counter.members[peer]], "answer \(end)", lines) }
        let behind = counter.members.filter { member in
            member != board.rank && counter.index.map { lines[member][$0] < counter.entered.pointee } ?? true
        }
        // One that waits elsewhere is itself held up by a rank that is missing: here, among its node's, or anywhere.
        let missing = behind.filter { !board.isWaiting(lines[$0]) }
        if !missing.isEmpty { return board.report(missing, "arrive \(end)", lines) }
        let others = lines.indices.filter { $0 != board.rank && !board.isWaiting(lines[$0]) }
        if !others.isEmpty { return board.report(others, "answer \(end)", lines) }
        return behind.isEmpty || counter.index == nil
            ? ([], "not done \(end), though every rank waits")
            : board.report(behind, "arrive \(end)", lines)
    }
}

extension ProgressBoard {
    /// Whether a rank waits, and lives.
    fileprivate func isWaiting(_ line: Line) -> Bool { line[Line.waiting] != 0 && age(of: line) < Pace.silence }

    fileprivate func name(_ rank: Int) -> String { "rank \(rank) (\(hosts[rank]))" }

    /// What is known of ranks that did not do something; the first of them in detail.
    fileprivate func report(_ ranks: [Int], _ deed: String, _ lines: [Line]) -> ([Int], String) {
        if phases.isEmpty {
            let names = ranks.prefix(8).map(name) + ranks.dropFirst(8).map(String.init)
            return (ranks, "\(names.joined(separator: ", ")) did not \(deed)")
        }
        if ranks.count == 1 {
            return (ranks, "\(name(ranks[0])) did not \(deed); it was \(story(lines[ranks[0]]))")
        }
        let stories = ranks.prefix(8).map { "\(name($0)), \(story(lines[$0]))" }.joined(separator: "; ")
        let others = ranks.dropFirst(8).map(String.init).joined(separator: ", ")
        return (
            ranks,
            "\(ranks.count) ranks did not \(deed): \(stories)" + (others.isEmpty ? "" : "; and ranks \(others)")
        )
    }

    /// Such as "last seen in inference, 41 % done, 75 s ago".
    private func story(_ line: Line) -> String {
        let phase = Int(line[Line.phase])
        let name = phases.indices.contains(phase) ? phases[phase] : "phase \(phase)"
        let (done, total) = (line[Line.done], line[Line.total])
        let share = total > 0 ? ", \(min(100 * done / total, 100)) % done" : ""
        let place = line[Line.waiting] != 0 ? "waiting for others in" : "in"
        return "last seen \(place) \(name)\(share), \(seconds(age(of: line))) ago"
    }
}

/// A time as people write it: "60 s", "0.5 s".
private func seconds(_ time: Duration) -> String {
    let tenths = Int(time / .milliseconds(100))
    return tenths >= 100 || tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
}
