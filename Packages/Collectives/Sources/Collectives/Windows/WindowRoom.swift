import CMPI
import Glibc

/// What a rank wants of a window, and what it can have. MPI itself would leave the other ranks waiting where one of
/// them cannot have its part, and what it does not notice ends in a bus error.
struct WindowRoom {
    let count: Int
    let stride: Int
    /// The same number on ranks of one node.
    private let node: Int
    /// What is free where the node shares memory, in bytes; negative where this rank cannot have its own part at all.
    private let free: Int

    /// What this rank wants.
    init(count: Int, stride: Int) {
        (self.count, self.stride) = (count, stride)
        node = Self.nodeNumber
        free = Self.isNumber(count, stride) && Self.canHave(Self.bytes(count, stride)) ? SharedFolder.free : -1
    }

    /// What another rank wants, as ``numbers``.
    init(_ numbers: SIMD4<Int>) { (count, stride, node, free) = (numbers[0], numbers[1], numbers[2], numbers[3]) }

    var numbers: SIMD4<Int> { [count, stride, node, free] }

    /// Throws, the same on every rank, when one of them cannot have what it wants.
    static func require(_ ranks: [WindowRoom]) throws(CollectiveError) {
        let stride = ranks[0].stride
        guard ranks.allSatisfy({ $0.stride == stride }) else {
            throw CollectiveError(sizes: ranks.map(\.stride), routine: "Window")
        }
        if let rank = ranks.firstIndex(where: { !isNumber($0.count, stride) }) {
            throw CollectiveError(routine: "Window", reason: "rank \(rank) wants \(ranks[rank].count) elements")
        }
        if let rank = ranks.firstIndex(where: { $0.free < 0 }) {
            throw CollectiveError(
                routine: "Window",
                reason: """
                    rank \(rank) wants \(ranks[rank].count) elements of \(stride) bytes, and there is no memory for them
                    """)
        }
        let nodes = Dictionary(grouping: ranks, by: \.node)
        guard nodes.count == 1 || sharesBesideOthers else { return }
        // The order of the ranks, which is the same everywhere, says which node is named.
        for rank in ranks {
            // A rank alone has it in memory of its own.
            guard let node = nodes[rank.node], node.count > 1 else { continue }
            let bytes = node.reduce(SharedFolder.ownBytes(of: node.count)) { $0 + Self.bytes($1.count, stride) }
            let free = node.map(\.free).min() ?? 0
            if bytes > free { throw SharedFolder.refusal(of: bytes, free: free, "Window") }
        }
    }

    /// Whether ranks of a node share memory in a window that other nodes reach, too: Open MPI 4 sends messages then.
    private static var sharesBesideOthers: Bool { MPI.openMPIVersion != 4 }

    private static func isNumber(_ count: Int, _ stride: Int) -> Bool { (0...Int.max / stride / 2).contains(count) }

    /// Whole pages: no rank's part is longer in shared memory.
    private static func bytes(_ count: Int, _ stride: Int) -> Int { (count * stride + 4096) / 4096 * 4096 }

    /// Whether there are so many addresses, and the system gives them; they are given back at once.
    private static func canHave(_ bytes: Int) -> Bool {
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { return false }
        munmap(memory, bytes)
        return true
    }

    /// The host's name as a number; Swift's own hashes differ between processes.
    private static var nodeNumber: Int {
        MPI.processorName.utf8.reduce(Int(5381)) { ($0 &* 33) ^ Int($1) }
    }
}
