extension RandomAccessCollection where Element == UInt8, Index == Int {
    /// The number in `count` bytes at a place, least significant byte first; nil when they are not all there.
    func littleEndian(at place: Int, count: Int) -> Int? {
        guard place >= startIndex, count <= endIndex - place else { return nil }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(self[place + index]) << (8 * UInt64(index)) }
        return Int(exactly: value)
    }
}
