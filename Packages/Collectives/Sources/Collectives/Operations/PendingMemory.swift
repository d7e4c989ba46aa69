import Glibc

/// Memory for operations: freed when they are done, and never when they have failed and may still be pending.
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
        do throws(CollectiveError) { try body(memory) } catch {
            if !error.mayLeavePending { memory.deallocate() }
            throw error
        }
        // Only now.
        defer { memory.deallocate() }
        return memory.pointee
    }
}

/// An array of `count` elements that `body` fills entirely: in the array's own memory, which holds anything before.
func receivedArray<T: BitwiseCopyable>(
    _ count: Int, _ body: (UnsafeMutablePointer<T>) throws(CollectiveError) -> Void
) throws(CollectiveError) -> [T] {
    var failure: CollectiveError?
    let array = [T](unsafeUninitializedCapacity: count) { memory, initialized in
        adviseLargePages(UnsafeMutableRawBufferPointer(memory))
        do throws(CollectiveError) {
            try body(memory.baseAddress ?? UnsafeMutablePointer(mutating: somewhere()))
        } catch { failure = error }
        initialized = count
    }
    guard let failure else { return array }
    if failure.mayLeavePending { keepForEver(array) }
    throw failure
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
                try body(elements.baseAddress ?? somewhere())
            }
        } catch {
            if error.mayLeavePending { keepForEver(self) }
            throw error
        }
    }

    /// Gives `body` the elements, to be changed where they are. When it throws and may be pending, the array has a copy
    /// of what they have become, which nobody changes any more.
    mutating func withOwnElements(
        _ body: (UnsafeMutablePointer<Element>) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        do throws(CollectiveError) {
            try withUnsafeMutableBufferPointer { elements throws(CollectiveError) in
                try body(elements.baseAddress ?? UnsafeMutablePointer(mutating: somewhere()))
            }
        } catch {
            guard error.mayLeavePending else { throw error }
            keepForEver(self)
            self = withUnsafeBufferPointer { Array($0) }
            throw error
        }
    }
}

extension CollectiveError {
    /// Whether MPI may still be at work on what the operation was given. An operation that is given up says so; what
    /// MPI itself does after an error, nobody knows. All others have come to their end, or were not begun.
    var mayLeavePending: Bool {
        if case .mpi = kind { true } else { Life.abandoned != nil }
    }
}

/// An address for no elements.
func somewhere<T>() -> UnsafePointer<T> { UnsafePointer(bitPattern: MemoryLayout<T>.alignment)! }

/// What failed may still be pending, and use the array's memory.
private func keepForEver<T>(_ array: [T]) { _ = Unmanaged.passRetained(Kept(array)) }

/// Holds an array.
private final class Kept<Element> {
    let elements: [Element]
    init(_ elements: [Element]) { self.elements = elements }
}

/// Asks for large pages where new memory is filled at once: the first touch of each page of 4 KiB took longer than what
/// came into it from another rank. Only pages that lie within it entirely.
func adviseLargePages(_ memory: UnsafeMutableRawBufferPointer) {
    let page = 1 << 21
    guard memory.count >= 2 * page, let start = memory.baseAddress?.alignedUp(toMultipleOf: page) else { return }
    let end = (memory.baseAddress! + memory.count).alignedDown(toMultipleOf: page)
    if end > start { madvise(start, end - start, MADV_HUGEPAGE) }
}
