/// One rank's numbers on the board.
struct Line {
    /// How many communicators have their operations counted: all ranks, those of a node, the first of each node, and
    /// one more.
    static let counters = 4
    static let (phase, done, total, waiting, time, length) = (4, 5, 6, 7, 8, 9)

    private let numbers: [Int64]

    init(_ numbers: UnsafeBufferPointer<Int64>) { self.numbers = Array(numbers) }

    subscript(index: Int) -> Int64 { numbers[index] }
}

/// Counts the operations of one communicator.
final class OperationCounter {
    /// How many this rank has entered.
    let entered: UnsafeMutablePointer<Int64>
    /// Its place in a line; nil where a line has no room, and others do not see the number.
    let index: Int?
    /// The communicator's ranks as ranks of the board.
    let members: [Int]

    init(entered: UnsafeMutablePointer<Int64>, index: Int, members: [Int]) {
        (self.entered, self.index, self.members) = (entered, index, members)
    }

    /// Only for this rank.
    init(members: [Int]) {
        entered = .allocate(capacity: 1)
        entered.initialize(to: 0)
        (index, self.members) = (nil, members)
    }

    deinit { if index == nil { entered.deallocate() } }
}
