import FoundationEssentials
import Glibc
import HDF5

/// A kind of file that this program writes, known by a mark in it. Only such a file is ever replaced or removed:
/// whatever else stands under a name belongs to somebody.
package struct OwnFile: Sendable {
    /// What the file is, for messages, such as "a plan of photoz plan".
    private let kind: String
    private let hasMark: @Sendable (String) -> Bool

    /// A text that begins like those of this program.
    ///
    /// - Parameters:
    ///   - kind: What it is, for messages.
    ///   - beginnings: One of these is how it begins.
    package static func text(_ kind: String, beginning beginnings: String...) -> OwnFile {
        OwnFile(kind: kind) { path in
            let start = firstBytes(of: path, count: beginnings.map(\.utf8.count).max() ?? 0)
            return beginnings.contains { start.starts(with: $0.utf8) }
        }
    }

    /// A file that has these bytes at a place.
    package static func bytes(_ kind: String, _ mark: [UInt8], at place: Int) -> OwnFile {
        OwnFile(kind: kind) { firstBytes(of: $0, count: place + mark.count).dropFirst(place).elementsEqual(mark) }
    }

    /// A JSON object, or an array of objects, with all of these keys.
    ///
    /// - Parameters:
    ///   - kind: What it is, for messages.
    ///   - keys: Keys that only files of this kind have together.
    ///   - texts: Keys and how their texts begin; an empty text stands for itself alone.
    package static func json(_ kind: String, keys: [String], texts: [String: String] = [:]) -> OwnFile {
        OwnFile(kind: kind) { path in
            guard let data = FileManager.default.contents(atPath: path),
                let found = try? JSONDecoder().decode(JSONOutline.self, from: data), !found.objects.isEmpty
            else { return false }
            return found.objects.allSatisfy { object in
                keys.allSatisfy { object.keys.contains($0) }
                    && texts.allSatisfy { key, start in
                        guard let text = object[key], let text else { return false }
                        return start.isEmpty ? text.isEmpty : text.hasPrefix(start)
                    }
            }
        }
    }

    /// An HDF5 file with an attribute at its root whose text begins in one of these ways.
    package static func hdf5(_ kind: String, attribute: String, beginning beginnings: String...) -> OwnFile {
        OwnFile(kind: kind) { path in
            guard let file = try? File.open(path), let text = try? file.attributeString(attribute) else { return false }
            return beginnings.contains { text.hasPrefix($0) }
        }
    }

    /// Whether a file of this kind stands at a path.
    package func stands(at path: String) -> Bool { isRegular(path) && hasMark(path) }

    /// Refuses to replace what stands at a path, unless it is a file of this kind, or an empty one.
    ///
    /// - Throws: ``JobError`` with code 73.
    package func requireReplaceable(_ path: String) throws(JobError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard isRegular(path) else {
            throw JobError(.outputRefused, "\(path): is not a file that can be replaced; choose another name")
        }
        guard stat(path, &status) == 0, status.st_size == 0 || hasMark(path) else {
            throw JobError(
                .outputRefused,
                "\(path): is there already and is not \(kind), so it is not replaced; choose another name, or remove that file"
            )
        }
    }
}

/// Whether a path leads to a file, rather than to a folder, a pipe or a device.
private func isRegular(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// The first bytes of a file; none when it cannot be read.
private func firstBytes(of path: String, count: Int) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        filled = max(0, pread(descriptor, buffer.baseAddress, count, 0))
    }
}

/// The keys of a JSON object, or of the objects of an array, with those values that are texts.
private struct JSONOutline: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Object: Decodable {
        let texts: [String: String?]

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            texts = Dictionary(
                values.allKeys.map { ($0.stringValue, try? values.decode(String.self, forKey: $0)) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    /// By key; nil for what is no text.
    package let objects: [[String: String?]]

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let array = try? value.decode([Object].self) {
            objects = array.map(\.texts)
        } else {
            objects = [try value.decode(Object.self).texts]
        }
    }
}
