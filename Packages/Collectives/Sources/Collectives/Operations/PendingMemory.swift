/// Memory for operations: freed when they are done, and never when they fail, since they may then still be pending.
extension Communicator {
    /// What `body` makes of a value in memory that an operation may use.
    @inline(__always)
    func exchangedValue<T: BitwiseCopyable>(
        _ initial: T, _ body: (UnsafeMutablePointer<T>) throws(CollectiveError) -> Void
    ) throws(CollectiveError) -> T {
        if waiting.mayBlock {
            var value = initial
            try withUnsafeMutablePointer(to: &value, body)
            return value
        }
        let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
        memory.initialize(to: initial)
        try body(memory)
        // Only now.
        defer { memory.deallocate() }
        return memory.pointee
    }
}

/// An array of `count` elements that `body` fills entirely.
func receivedArray<T: BitwiseCopyable>(
    _ count: Int, _ body: (UnsafeMutablePointer<T>) throws(CollectiveError) -> Void
) throws(CollectiveError) -> [T] {
    let memory = UnsafeMutableBufferPointer<T>.allocate(capacity: max(count, 1))
    // Zero first: not every rank has all of it written.
    UnsafeMutableRawBufferPointer(memory).initializeMemory(as: UInt8.self, repeating: 0)
    if let start = memory.baseAddress { try body(start) }
    // Only now.
    defer { memory.deallocate() }
    return Array(memory.prefix(count))
}

/// What `body` makes of a copy of `values`.
func exchangedArray<T: BitwiseCopyable>(
    _ values: [T], _ body: (UnsafeMutablePointer<T>) throws(CollectiveError) -> Void
) throws(CollectiveError) -> [T] {
    try receivedArray(values.count) { memory throws(CollectiveError) in
        memory.update(from: values, count: values.count)
        try body(memory)
    }
}

extension Array where Element: BitwiseCopyable {
    /// Gives `body` the elements, which stay where they are; some address when there are none.
    func withElements(
        _ body: (UnsafePointer<Element>) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        do throws(CollectiveError) {
            try withUnsafeBufferPointer { elements throws(CollectiveError) in
                try body(elements.baseAddress ?? UnsafePointer(bitPattern: MemoryLayout<Element>.alignment)!)
            }
        } catch {
            // What failed may still be pending.
            _ = Unmanaged.passRetained(Kept(self))
            throw error
        }
    }
}

/// Holds an array.
private final class Kept<Element> {
    let elements: [Element]
    init(_ elements: [Element]) { self.elements = elements }
}
