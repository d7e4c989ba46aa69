import Foundation

/// Watches the memory of running processes through the system's files.
enum ProportionalMemory {
    /// The largest proportional set size, MB, of each of so many ranks whose command line holds `word`, in rank order.
    /// Returns when they have come and gone.
    static func peaks(of ranks: Int, withCommand word: String) async throws -> [Double] {
        var peaks: [Int: Double] = [:]
        var misses = 0
        while misses < 100 {
            let now = sample(word)
            // What ranks share is the last one's alone when the others have ended: that is no peak.
            if now.count == ranks, sample(word).count == ranks {
                for (rank, megabytes) in now { peaks[rank] = max(peaks[rank] ?? 0, megabytes) }
            }
            if now.isEmpty { misses += 1 } else { misses = peaks.isEmpty ? 0 : 80 }
            try await Task.sleep(for: .milliseconds(20))
        }
        return peaks.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func sample(_ word: String) -> [(rank: Int, megabytes: Double)] {
        JobProcesses(word: word).ranks.compactMap { process in
            let rollup = FileManager.default.contents(atPath: "/proc/\(process.id)/smaps_rollup")
            guard let rank = process.rank, let rollup,
                let line = String(decoding: rollup, as: UTF8.self).split(separator: "\n")
                    .first(where: { $0.hasPrefix("Pss:") }),
                let kilobytes = Double(line.filter(\.isNumber))
            else { return nil }
            return (rank, kilobytes * 1024 / 1e6)
        }
    }
}
