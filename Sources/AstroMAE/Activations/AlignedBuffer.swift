import Glibc

/// Memory of 32-bit words on a 64-byte boundary, zero at first, freed with its owner.
///
/// Much of it comes as huge pages where the system has them: a product walks over many rows at a time, and small pages
/// cost it 1.5 % (`photoz bench`, float32).
final class AlignedBuffer {
    /// The size of a huge page, and from which size on it is asked for one.
    static let hugePage = 2 << 20

    let bytes: UnsafeMutableRawBufferPointer
    private let mapping: UnsafeMutableRawBufferPointer?

    init(words: Int) {
        let byteCount = max(words, 1) * MemoryLayout<Float>.stride
        mapping = byteCount >= Self.hugePage ? Self.map(byteCount + Self.hugePage) : nil
        if let mapping {
            let place = Int(bitPattern: mapping.baseAddress!)
            let start = (place + Self.hugePage - 1) / Self.hugePage * Self.hugePage - place
            bytes = UnsafeMutableRawBufferPointer(rebasing: mapping[start..<start + byteCount])
            // A system without huge pages says so, and works.
            madvise(bytes.baseAddress!, byteCount, MADV_HUGEPAGE)
        } else {
            bytes = .allocate(byteCount: byteCount, alignment: 64)
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
        }
    }

    /// Takes small pages for what lies behind the first so many bytes, in place of a huge page of which little is used.
    /// Before that is touched.
    func useSmallPages(behind byteCount: Int) {
        guard mapping != nil else { return }
        let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[byteCount...])
        madvise(rest.baseAddress!, rest.count, MADV_NOHUGEPAGE)
    }

    /// Memory that the system fills with zeros when it is first touched.
    private static func map(_ byteCount: Int) -> UnsafeMutableRawBufferPointer? {
        let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        return memory == MAP_FAILED ? nil : UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
    }

    /// Memory that ends where nobody may read or write, full of NaN unless it must be zero: whoever computes with what
    /// was never written shows it. For tests; it starts on no boundary.
    init(guarded words: Int, zero: Bool) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let (wordSize, byteCount) = (MemoryLayout<UInt32>.stride, words * MemoryLayout<UInt32>.stride)
        let room = (byteCount + page - 1) / page * page
        guard let mapping = Self.map(room + page), mprotect(mapping.baseAddress! + room, page, PROT_NONE) == 0 else {
            fatalError("no memory for a test")
        }
        self.mapping = mapping
        bytes = UnsafeMutableRawBufferPointer(rebasing: mapping[room - byteCount..<room])
        let start = mapping.baseAddress! + (room - byteCount)
        if !zero { start.initializeMemory(as: UInt32.self, repeating: 0xffff_ffff, count: byteCount / wordSize) }
    }

    var start: UnsafeMutableRawPointer { bytes.baseAddress! }

    deinit {
        if let mapping { munmap(mapping.baseAddress!, mapping.count) } else { bytes.deallocate() }
    }
}
