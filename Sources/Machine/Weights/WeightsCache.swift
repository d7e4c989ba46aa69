import PhotozText

/// Packed weights that are kept from one start of the program to the next, so that they need not be folded and packed
/// each time.
///
/// It only ever saves time. What is damaged, or cannot be read or written, is passed over without a word: a run in a
/// batch system has nobody to read it, and `photoz doctor` says what is wrong.
package struct WeightsCache: Sendable {
    private let folder: CacheFolder
    private let version: String

    /// - Parameters:
    ///   - path: The folder, which is made when it is missing; nil when nothing tells.
    ///   - version: The program's version.
    /// - Returns: nil when there is no folder that may be used.
    package init?(_ path: String? = CacheFolder.usualPath, version: String) {
        guard let folder = try? CacheFolder(path, isMade: true) else { return nil }
        (self.folder, self.version) = (folder, version)
    }

    /// Takes packed weights.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the weights file.
    ///   - layout: How they are packed.
    ///   - memory: Zeros, that receive them.
    /// - Returns: Whether they were there; if not, the memory holds zeros again.
    package func read(_ hash: String, _ layout: String, into memory: UnsafeMutableRawBufferPointer) -> Bool {
        file(hash, layout).read(from: folder, into: memory)
    }

    /// Keeps packed weights.
    ///
    /// - Returns: Whether it could.
    package func write(_ memory: UnsafeRawBufferPointer, _ hash: String, _ layout: String) -> Bool {
        file(hash, layout).write(memory, to: folder)
    }

    /// Processors of two kinds may share a folder, over a network.
    private func file(_ hash: String, _ layout: String) -> PackedFile {
        PackedFile(key: "photoz \(version) on \(Host.processor().machine)\nweights \(hash)\nlayout \(layout)")
    }

    /// What there is to say of a cache folder, for `photoz doctor`.
    ///
    /// - Parameter path: The folder; nil when nothing tells.
    package static func state(of path: String? = CacheFolder.usualPath) -> String {
        do throws(CacheFolder.Refusal) {
            let folder = try CacheFolder(path, isMade: false)
            let files = PackedFile.all(in: folder)
            let bytes = megabytes(files.reduce(0) { $0 + $1.bytes })
            let kept = "\(folder.path): \(files.count) file\(files.count == 1 ? "" : "s"), \(bytes)"
            return kept + (folder.isWritable ? "" : ", not writable: no more are kept")
        } catch {
            let path = path ?? ""
            return switch error {
            case .nowhere: "none: neither XDG_CACHE_HOME nor HOME names a folder"
            case .absent: "\(path): not there yet"
            case .unusable(let reason): "\(path): not used: \(reason)"
            }
        }
    }
}
