/// The memory of spans is the caller's, who may give it back at once when an operation ends. Where one may be given up
/// before, MPI might still use the memory: it works on a copy then, which is kept. Otherwise it works on the memory
/// itself.
extension Span where Element: BitwiseCopyable {
    /// Gives `body` the elements; some address when there are none.
    func withElements(
        on communicator: Communicator, _ body: (UnsafePointer<Element>) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        try withUnsafeBufferPointer { elements throws(CollectiveError) in
            guard communicator.patience.mayEndEarly else { return try body(elements.baseAddress ?? somewhere()) }
            try Array(elements).withElements(body)
        }
    }
}

extension MutableSpan where Element: BitwiseCopyable {
    /// Gives `body` the elements, to be changed; some address when there are none. When it throws they are meaningless,
    /// or as before.
    ///
    /// - Parameter isRead: Whether `body` looks at them before it fills all of them.
    mutating func withElements(
        on communicator: Communicator, isRead: Bool = true,
        _ body: (UnsafeMutablePointer<Element>) throws(CollectiveError) -> Void
    ) throws(CollectiveError) {
        try withUnsafeMutableBufferPointer { elements throws(CollectiveError) in
            guard let start = elements.baseAddress, communicator.patience.mayEndEarly else {
                return try body(elements.baseAddress ?? UnsafeMutablePointer(mutating: somewhere()))
            }
            let changed = try receivedArray(elements.count) { memory throws(CollectiveError) in
                if isRead { memory.update(from: start, count: elements.count) }
                try body(memory)
            }
            start.update(from: changed, count: elements.count)
        }
    }
}
