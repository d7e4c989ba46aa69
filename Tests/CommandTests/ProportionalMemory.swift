import Foundation

/// Watches the memory of running processes through the system's files.
enum ProportionalMemory {
    /// The largest proportional set size, MB, of each rank whose command line holds `word`, in rank order. Returns when
    /// they have come and gone.
    static func peaks(ofProcessesWith word: String) async throws -> [Double] {
        var peaks: [Int: Double] = [:]
        var misses = 0
        while misses < 100 {
            let now = sample(word)
            for (rank, megabytes) in now { peaks[rank] = max(peaks[rank] ?? 0, megabytes) }
            if now.isEmpty { misses += 1 } else { misses = peaks.isEmpty ? 0 : 80 }
            try await Task.sleep(for: .milliseconds(20))
        }
        return peaks.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func sample(_ word: String) -> [(rank: Int, megabytes: Double)] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { process in
            guard Int(process) != nil, let command = text("/proc/\(process)/cmdline"), command.contains(word),
                let environment = text("/proc/\(process)/environ"),
                let rank = environment.split(separator: "\0").first(where: { $0.hasPrefix("OMPI_COMM_WORLD_RANK=") }),
                let line = text("/proc/\(process)/smaps_rollup")?.split(separator: "\n")
                    .first(where: { $0.hasPrefix("Pss:") }),
                let kilobytes = Double(line.filter(\.isNumber))
            else { return nil }
            return (Int(rank.split(separator: "=")[1]) ?? -1, kilobytes * 1024 / 1e6)
        }
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
