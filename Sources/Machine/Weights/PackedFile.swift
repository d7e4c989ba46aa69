import Glibc
import PhotozDigest
import PhotozRecords
import Survey

/// A file of packed weights in the cache folder: a head, then the bytes as they lie in memory.
///
/// They are read into memory, not mapped: 48 MB that the system has in memory are checked after 15 ms in either way
/// (Zen 5), a mapped file keeps small pages, and another program could change or cut it while it is used.
struct PackedFile {
    /// What the bytes are: of which weights, and how packed.
    let key: String

    private static let ending = ".packed"
    private static let headSize = 4096
    /// Bytes that are read and checked at a time, while they are in the processor's cache.
    private static let blockSize = 1 << 19

    /// The file's name: no two keys have one.
    private var name: String { hexadecimal(SHA256.hash(of: key.utf8).prefix(16)) + Self.ending }

    /// All that there is to say of the bytes. A file is taken when it begins with just that: nothing in it needs to be
    /// made sense of. CRC-32 is against damage alone; whoever means harm and can write as the user needs no such file.
    /// It takes 7 ms for 48 MB, SHA-256 23 ms, and 66 ms on a processor without instructions for it.
    private func head(_ content: UnsafeRawBufferPointer, _ checksum: UInt32) -> [UInt8] {
        let text = "photoz packed weights 1\n\(key)\n\(content.count) bytes, CRC-32 \(checksum)\n"
        return Array(text.utf8) + [UInt8](repeating: 0, count: max(0, Self.headSize - text.utf8.count))
    }

    // MARK: Reading

    /// Reads the file into memory.
    ///
    /// - Parameter memory: Zeros.
    /// - Returns: Whether there is such a file and it is whole; if not, the memory holds zeros as before.
    func read(from folder: CacheFolder, into memory: UnsafeMutableRawBufferPointer) -> Bool {
        guard let file = folder.openFile(name) else { return false }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, Int(status.st_size) == Self.headSize + memory.count else { return false }
        var head = [UInt8](repeating: 0, count: Self.headSize)
        guard head.withUnsafeMutableBytes({ Self.read(file, at: 0, into: $0) }) else { return false }
        guard let checksum = Self.readContent(file, into: memory),
            head == self.head(UnsafeRawBufferPointer(memory), checksum)
        else {
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            return false
        }
        // When it was used last decides which files stay.
        futimens(file, nil)
        return true
    }

    /// Reads what is behind the head; its checksum, or nil when it cannot be read.
    private static func readContent(_ file: Int32, into memory: UnsafeMutableRawBufferPointer) -> UInt32? {
        var (place, checksum) = (0, UInt32(0))
        while place < memory.count {
            let block = UnsafeMutableRawBufferPointer(rebasing: memory[place..<min(place + blockSize, memory.count)])
            guard read(file, at: headSize + place, into: block) else { return nil }
            checksum = PhotozRecords.checksum(UnsafeRawBufferPointer(block), after: checksum)
            place += block.count
        }
        return checksum
    }

    private static func read(_ file: Int32, at place: Int, into room: UnsafeMutableRawBufferPointer) -> Bool {
        var done = 0
        while done < room.count {
            let count = pread(file, room.baseAddress! + done, room.count - done, off_t(place + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    // MARK: Writing

    /// Writes the file, in place of one that is there; the folder is then kept within its bounds.
    ///
    /// - Returns: Whether it could. If not, nothing is left of it.
    func write(_ memory: UnsafeRawBufferPointer, to folder: CacheFolder) -> Bool {
        guard memory.count <= Self.mostBytes, (folder.room ?? 0) - memory.count >= Self.roomForOthers else {
            return false
        }
        let temporary = OutputFolder.inProgress + String(UInt64.random(in: 0...UInt64.max), radix: 16) + Self.ending
        guard let file = folder.makeFile(temporary) else { return false }
        // That it is on the disk is not waited for: what a crash leaves of it does not pass for whole.
        let head = head(memory, PhotozRecords.checksum(memory))
        let isWritten =
            head.count == Self.headSize && tryToWriteAll(head, to: file) && tryToWriteAll(memory, to: file)
        // Over a network, a full disk may show only now.
        guard close(file) == 0, isWritten, folder.rename(temporary, to: name) else {
            folder.removeFile(temporary)
            return false
        }
        Self.tidy(folder)
        return true
    }

    // MARK: Bounds

    /// What the folder holds at most.
    private static let mostFiles = 8
    private static let mostBytes = 1 << 30
    /// Bytes that the file system must have left: results may need them.
    private static let roomForOthers = 1 << 30
    /// Seconds after which nobody writes a file any more that has no name yet.
    private static let longestWrite = 3600

    /// Files of this kind in a folder, the one that was used last first.
    static func all(in folder: CacheFolder) -> [(name: String, bytes: Int)] {
        listed(in: folder).filter { !$0.name.hasPrefix(OutputFolder.inProgress) }.map { ($0.name, $0.bytes) }
    }

    private typealias Listed = (name: String, bytes: Int, used: timespec)

    private static func listed(in folder: CacheFolder) -> [Listed] {
        let names = (FolderListing.names(of: folder.path) ?? []).filter { $0.hasSuffix(ending) }
        let files = names.compactMap { name -> Listed? in
            var status = stat()
            guard fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
                status.st_mode & S_IFMT == S_IFREG
            else { return nil }
            return (name, Int(status.st_size), status.st_mtim)
        }
        return files.sorted { ($0.used.tv_sec, $0.used.tv_nsec) > ($1.used.tv_sec, $1.used.tv_nsec) }
    }

    /// Removes what was not used for longest, and what was never finished.
    private static func tidy(_ folder: CacheFolder) {
        var (count, bytes) = (0, 0)
        for file in listed(in: folder) {
            if file.name.hasPrefix(OutputFolder.inProgress) {
                if file.used.tv_sec < time(nil) - longestWrite { folder.removeFile(file.name) }
                continue
            }
            (count, bytes) = (count + 1, bytes + file.bytes)
            if count > mostFiles || bytes > mostBytes { folder.removeFile(file.name) }
        }
    }
}
