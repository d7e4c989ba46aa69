extension UnsafeRawBufferPointer {
    /// The bytes of so many elements.
    init<T>(of elements: UnsafePointer<T>, _ count: Int) {
        self.init(start: elements, count: count * MemoryLayout<T>.stride)
    }
}

extension Array where Element: BitwiseCopyable {
    /// As many whole elements as the bytes are.
    init(copying bytes: UnsafeRawBufferPointer) {
        let count = bytes.count / MemoryLayout<Element>.stride
        self.init(unsafeUninitializedCapacity: count) { memory, initialized in
            UnsafeMutableRawBufferPointer(memory).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count * MemoryLayout<Element>.stride)))
            initialized = count
        }
    }
}

extension Array where Element == UInt8 {
    /// The bytes as elements of another type.
    func elements<T: BitwiseCopyable>(of type: T.Type) -> [T] { withUnsafeBytes { [T](copying: $0) } }
}
