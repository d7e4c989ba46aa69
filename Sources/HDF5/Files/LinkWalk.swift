import CHDF5

/// Where a path ends: an entry of a group that is the object itself, no link.
struct Place {
    /// The group, or the file for its root.
    let group: Handle
    /// The entry; `.` for the group itself.
    let name: String
    /// The file that it is in.
    let file: OpenFile

    /// The object; nil when it cannot be opened.
    func open() -> Handle? { Handle(H5Oopen(group.id, name, ch5_default()), H5Oclose) }
}

/// Follows paths link by link. The library would follow external links to whatever they lead to: a pipe, which never
/// answers, or any file of this machine.
struct LinkWalk {
    /// The object that was asked for, for messages.
    let object: String
    private var count = 0

    init(_ object: String) { self.object = object }

    /// Follows a path.
    ///
    /// - Returns: Nil when a part of it is missing.
    /// - Throws: ``HDF5Error`` of kind `missingObject` when a link leads nowhere, `refused` when it must not be
    ///   followed.
    mutating func follow(_ path: String, from start: Handle, in file: OpenFile) throws(HDF5Error) -> Place? {
        var place = Place(group: path.hasPrefix("/") ? file.handle : start, name: ".", file: file)
        for part in path.split(separator: "/") where part != "." {
            guard let group = place.name == "." ? place.group : place.open(),
                let next = try step(String(part), in: group, place.file)
            else { return nil }
            place = next
        }
        return place
    }

    private mutating func step(_ name: String, in group: Handle, _ file: OpenFile) throws(HDF5Error) -> Place? {
        var size = 0
        let kind = ch5_link_kind(group.id, name, &size)
        guard kind >= 0 else { return nil }
        if kind == Int32(CH5_HARD.rawValue) { return Place(group: group, name: name, file: file) }
        count += 1
        guard count <= 64 else { throw file.error(.missingObject, object, "is a link that leads in a circle") }
        var value = [CChar](repeating: 0, count: size + 1)
        guard kind != Int32(CH5_FOREIGN.rawValue) else {
            throw file.error(.refused, object, "is a link of a kind that only its maker can follow")
        }
        guard H5Lget_val(group.id, name, &value, size, ch5_default()) >= 0 else {
            throw file.error(.failed, object, "is a link that cannot be read", frames: errorFrames())
        }
        return kind == Int32(CH5_SOFT.rawValue)
            ? try soft(value, from: group, in: file) : try external(value, size: size, in: file)
    }

    private mutating func soft(_ value: [CChar], from group: Handle, in file: OpenFile) throws(HDF5Error) -> Place {
        let target = try text(value.prefix { $0 != 0 }, file)
        guard let place = try follow(target, from: group, in: file) else {
            throw file.error(.missingObject, object, "is a link to \(target), which is not there")
        }
        return place
    }

    private mutating func external(_ value: [CChar], size: Int, in file: OpenFile) throws(HDF5Error) -> Place {
        var (flags, fileName, path): (UInt32, UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (0, nil, nil)
        let names = value.withUnsafeBytes { bytes -> (file: [CChar], path: [CChar])? in
            guard H5Lunpack_elink_val(bytes.baseAddress, size, &flags, &fileName, &path) >= 0, let fileName, let path
            else { return nil }
            return (Self.characters(fileName), Self.characters(path))
        }
        guard let names else {
            throw file.error(.failed, object, "is a link that cannot be read", frames: errorFrames())
        }
        let (other, target) = (try text(names.file[...], file), try text(names.path[...], file))
        let opened = try file.open(other, for: object, prefix: "HDF5_EXT_PREFIX")
        guard let place = try follow(target, from: opened.file.handle, in: opened.file) else {
            throw file.error(.missingObject, object, "is a link to \(target) of \(opened.path), which is not there")
        }
        return place
    }

    private func text(_ characters: ArraySlice<CChar>, _ file: OpenFile) throws(HDF5Error) -> String {
        let bytes = characters.map { UInt8(bitPattern: $0) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw file.error(
                .refused, object, "is a link to a name that is not UTF-8, \(printable(bytes)); name it otherwise")
        }
        return text
    }

    private static func characters(_ start: UnsafePointer<CChar>) -> [CChar] {
        var (characters, next) = ([CChar](), start)
        while next.pointee != 0 {
            characters.append(next.pointee)
            next += 1
        }
        return characters
    }
}

/// Bytes as people can read them: text where they are UTF-8, and else each byte beyond ASCII as `\xE9`. A backslash is
/// doubled, so that no two texts look alike.
public func printable(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    let digits = Array("0123456789ABCDEF")
    func escaped(_ isPlain: (UInt8) -> Bool, _ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            if byte == 0x5c { return [0x5c, 0x5c] }
            return isPlain(byte) ? [byte] : Array("\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])".utf8)
        }
    }
    let isText = String(validating: bytes, as: UTF8.self) != nil
    return String(decoding: escaped({ $0 != 0 && (isText || $0 < 0x80) }, bytes), as: UTF8.self)
}
