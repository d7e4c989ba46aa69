import Foundation

/// Watches the memory of running processes through the system's files.
enum ProportionalMemory {
    /// The largest proportional set size, MB, of each of so many ranks whose command line holds `word`, in rank order.
    /// Returns when they have come and gone.
    static func peaks(of ranks: Int, withCommand word: String) async throws -> [Double] {
        var (peaks, shared): ([Int: Double], [Int: Double]) = ([:], [:])
        var misses = 0
        while misses < 100 {
            let (now, after) = (sample(word), sample(word))
            // What one rank has given back, or left when it ended, is its neighbour's alone: that is no peak.
            let givesBack = after.contains { $0.shared < 0.9 * (shared[$0.rank] ?? 0) }
            if now.count == ranks, after.count == ranks, !givesBack {
                for memory in now {
                    peaks[memory.rank] = max(peaks[memory.rank] ?? 0, memory.proportional)
                    shared[memory.rank] = max(shared[memory.rank] ?? 0, memory.shared)
                }
            }
            if now.isEmpty { misses += 1 } else { misses = peaks.isEmpty ? 0 : 80 }
            try await Task.sleep(for: .milliseconds(20))
        }
        return peaks.sorted { $0.key < $1.key }.map(\.value)
    }

    /// MB of a rank: its proportional set size, and all that it shares with others.
    private struct Memory {
        let rank: Int
        let proportional: Double
        let shared: Double
    }

    private static func sample(_ word: String) -> [Memory] {
        JobProcesses(word: word).ranks.compactMap { process in
            guard let rank = process.rank, let proportional = megabytes("Pss:", in: "smaps_rollup", of: process.id),
                let shared = megabytes("RssShmem:", in: "status", of: process.id)
            else { return nil }
            return Memory(rank: rank, proportional: proportional, shared: shared)
        }
    }

    private static func megabytes(_ name: String, in file: String, of process: pid_t) -> Double? {
        let lines = FileManager.default.contents(atPath: "/proc/\(process)/\(file)")
            .map { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
        let line = lines?.first { $0.hasPrefix(name) }
        return line.flatMap { Double($0.filter(\.isNumber)) }.map { $0 * 1024 / 1e6 }
    }
}
