import Collectives
import Glibc

/// Facts about the machine and the process, from the system's files: no process is started once MPI runs.
package enum Host {
    /// The processor, in the words of the published results.
    package struct Processor: Codable, Equatable {
        /// The model's name.
        package let processor: String
        /// Pointer size and linkage, as Python's `platform.architecture()` says it.
        let architecture: [String]
        /// The instruction set architecture, such as `x86_64`.
        let machine: String
        /// The operating system.
        let system: String
        /// System, release and machine.
        package let platform: String
    }

    /// This machine's processor.
    package static func processor() -> Processor {
        var names = utsname()
        uname(&names)
        let (system, release, machine) = (text(&names.sysname), text(&names.release), text(&names.machine))
        let model = lines(of: "/proc/cpuinfo").first { $0.hasPrefix("model name") }
        return Processor(
            processor: model.map(value) ?? machine, architecture: ["64bit", "ELF"], machine: machine, system: system,
            platform: "\(system)-\(release)-\(machine)")
    }

    /// This machine's processor, for a reader of a table.
    package static var processorTitle: String {
        processorTitle(lines(of: "/proc/cpuinfo"), machine: processor().machine)
    }

    /// The processor for a reader who has only its name: a virtual machine may hide half of it, and Arm's lines have
    /// none, so that the numbers that makers give their designs stand beside it or in its place.
    ///
    /// - Parameters:
    ///   - lines: Those of `/proc/cpuinfo`.
    ///   - machine: The instruction set architecture, for where there is no name.
    package static func processorTitle(_ lines: [Substring], machine: String) -> String {
        func entry(_ name: String) -> String? {
            lines.first { $0.hasPrefix(name) && $0.dropFirst(name.count).first { !$0.isWhitespace } == ":" }.map(value)
        }
        let numbers = [
            ("cpu family", "family"), ("model", "model"), ("CPU implementer", "implementer"), ("CPU part", "part"),
        ]
        let known = numbers.compactMap { name, title in entry(name).map { "\(title) \($0)" } }
        let title = entry("model name") ?? machine
        return known.isEmpty ? title : "\(title) (\(known.joined(separator: ", ")))"
    }

    /// Memory of the machine, GB.
    package static func memory() -> Double {
        let total = lines(of: "/proc/meminfo").first { $0.hasPrefix("MemTotal:") }
        return Double(total.map(number) ?? 0) * 1024 / 1e9
    }

    /// The largest resident set of this process so far, MB.
    package static func peakMemory() -> Double {
        return Double(usage().ru_maxrss) * 1024 / 1e6
    }

    /// User and system time of this process so far, seconds.
    package static func processorTime() -> Double {
        let usage = usage()
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// How many cores this process may run on.
    package static func cores() -> Int { max(1, coreNumbers(coreList()).count) }

    /// Cores that the ranks of a node may use together: fewer than it has when they are bound to some of them.
    ///
    /// - Throws: A communication error; every rank of the node calls it.
    package static func cores(of node: Communicator) throws -> Int {
        let lists = try node.gatherStrings(coreList()) ?? []
        return try node.broadcast(Set(lists.flatMap(coreNumbers)).count, root: 0)
    }

    /// The cores that this process may run on, as the system writes them: `0-3,8`.
    package static func coreList() -> String {
        lines(of: "/proc/self/status").first { $0.hasPrefix("Cpus_allowed_list:") }.map(value) ?? ""
    }

    /// The numbers in a list of cores.
    package static func coreNumbers(_ list: String) -> Set<Int> {
        let runs = list.split(separator: ",").map { $0.split(separator: "-").compactMap { Int($0) } }
        return Set(runs.filter { !$0.isEmpty && $0[0] <= $0[$0.count - 1] }.flatMap { $0[0]...$0[$0.count - 1] })
    }

    private static func usage() -> rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }

    private static func value(_ line: Substring) -> String {
        let text = line.drop { $0 != ":" }.dropFirst()
        return String(text.drop { $0 == " " || $0 == "\t" })
    }

    private static func number(_ line: Substring) -> Int { Int(line.filter(\.isNumber)) ?? 0 }

    private static func text<T>(_ field: inout T) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Cores of this host, whoever may use them.
    package static var processorCount: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    /// Whether a process has started this one, itself or through others.
    package static func isAncestor(_ process: pid_t) -> Bool {
        Ancestor.all.contains { $0.id == process }
    }

    /// Lines of a small file; none when it cannot be read.
    package static func lines(of path: String) -> [Substring] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 14)
        while case let count = fread(&block, 1, block.count, file), count > 0 { bytes += block[..<count] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
