/// What each rank did in the inference phase, as a timeline and a table.
struct RankTimes {
    /// Rows that a figure can hold; more ranks share them, each row showing its slowest rank.
    static let mostRows = 48

    private struct Row {
        let rank: Int
        /// Seconds from the phase's start to the rank's last prediction.
        let inference: Double
        /// Seconds of these that it waited for the reader.
        let wait: Double
        let samples: Int

        var speed: Double { inference > 0 ? Double(samples) / inference : 0 }
    }

    private let rows: [Row]
    /// Neighbouring ranks that share a row.
    private let share: Int

    /// - Returns: Nothing when the ranks' times are not known, as in results of other systems.
    init?(_ record: RunRecord) {
        let known = record.ranks.enumerated().compactMap { number, rank -> Row? in
            guard let inference = rank.inference, let wait = rank.readWait, let samples = rank.samples else {
                return nil
            }
            return Row(rank: number, inference: inference, wait: min(wait, inference), samples: samples)
        }
        guard known.count == record.ranks.count, known.contains(where: { $0.inference > 0 }) else { return nil }
        let share = (known.count + Self.mostRows - 1) / Self.mostRows
        self.share = share
        rows = stride(from: 0, to: known.count, by: share).compactMap { first in
            known[first..<min(first + share, known.count)].max { $0.inference < $1.inference }
        }
    }

    var figure: Figure {
        let longest = rows.map(\.inference).max() ?? 0
        let legend = [
            ("bar", "computing"), ("wait", "waiting for the reader"), ("idle", "idle until the slowest rank is done"),
        ]
        var figure = Figure(
            "ranks",
            caption: "The inference phase of \(shown). Waiting is drawn first, although it is spread over the phase.",
            numbers: TextTable(
                ["rank", "galaxies", "inference_s", "waiting_s"],
                rows.map { ["\($0.rank)", "\($0.samples)", plain($0.inference), plain($0.wait)] }),
            x: Axis("seconds in the inference phase", from: 0, to: longest),
            y: Axis("rank", from: 0, to: Double(rows.count), tickCount: rows.count),
            height: 120 + 20 * max(rows.count, 4), legend: legend, names: rows.reversed().map { "\($0.rank)" })
        for (index, row) in rows.reversed().enumerated() {
            let (low, high) = (Double(index) + 0.15, Double(index) + 0.85)
            let tip = "rank \(row.rank): \(grouped(row.samples)) galaxies, \(decimal(row.speed, 0)) a second"
            figure.box((0, low), (row.wait, high), style: "wait", tip: tip)
            figure.box((row.wait, low), (row.inference, high), style: "bar", tip: tip)
            figure.box((row.inference, low), (longest, high), style: "idle", tip: tip)
        }
        return figure
    }

    var table: (title: String, head: [String], rows: [[String]]) {
        (
            share == 1 ? "Throughput of each rank" : "Throughput of \(shown)",
            ["rank", "galaxies", "galaxies/s", "inference (s)", "waiting (s)"],
            rows.map {
                [
                    "\($0.rank)", grouped($0.samples), grouped($0.speed), decimal($0.inference, 3),
                    decimal($0.wait, 3),
                ]
            }
        )
    }

    private var shown: String { share == 1 ? "each rank" : "the slowest of each \(share) neighbouring ranks" }
}
