import CHDF5
import Glibc

/// A group of an open file: data sets and other groups by name.
public class Group: AttributeHolder {
    /// An entry of a group.
    public struct Member: Sendable, Equatable {
        /// What an entry is.
        public enum Kind: Sendable {
            case dataset, group
            /// A named type, or what cannot be opened.
            case other
        }

        /// Its name, as it is: dots mean nothing.
        public let name: String
        /// What it is.
        public let kind: Kind
        /// Why it cannot be told what it is: a link that leads nowhere, or must not be followed, for instance.
        public let fault: String?
        /// Whether it is a data set.
        public var isDataset: Bool { kind == .dataset }
    }

    /// The path in the file, `/` for the root.
    public let name: String

    init(name: String, handle: Handle, file: OpenFile) {
        self.name = name
        super.init(handle: handle, file: file, objectName: name == "/" ? nil : name)
    }

    /// What the group holds, in the order of their names' bytes.
    ///
    /// - Throws: ``HDF5Error`` of kind `failed` when the group is damaged.
    public func members() throws(HDF5Error) -> [Member] {
        Library.silence()
        let links = LinkList()
        let append: ch5_link_visitor = { name, _, context in
            guard let name, let context else { return 0 }
            let bytes = Array(UnsafeRawBufferPointer(start: name, count: strlen(name)))
            Unmanaged<LinkList>.fromOpaque(context).takeUnretainedValue().names.append(bytes)
            return 0
        }
        guard ch5_visit_links(handle.id, append, Unmanaged.passUnretained(links).toOpaque()) >= 0 else {
            throw file.error(.failed, name, "cannot be listed", frames: errorFrames())
        }
        return links.names.sorted { $0.lexicographicallyPrecedes($1) }.map(member)
    }

    /// Whether there is an entry of that name, or path, or a field of a data set (`table:z`); a link that leads nowhere
    /// is one.
    public func contains(_ name: String) -> Bool {
        guard isName(name) else { return false }
        Library.silence()
        do throws(HDF5Error) { return try place(of: name) != nil || containsField(name) } catch { return true }
    }

    /// Opens a group.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject`, or `refused` when a link must not be followed.
    public func group(_ name: String) throws(HDF5Error) -> Group {
        guard let place = try place(of: name) else {
            throw file.error(.missingObject, path(of: name), "is missing")
        }
        guard let handle = Handle(H5Gopen2(place.group.id, place.name, ch5_default()), H5Gclose) else {
            throw file.error(.missingObject, path(of: name), "is not a group", frames: errorFrames())
        }
        return Group(name: path(of: name), handle: handle, file: place.file)
    }

    /// Where an entry leads to; nil when there is none.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject` for a link that leads nowhere, `refused` for one that must not
    ///   be followed.
    func place(of name: String) throws(HDF5Error) -> Place? {
        guard isName(name) else { return nil }
        Library.silence()
        var walk = LinkWalk(path(of: name))
        return try walk.follow(name, from: handle, in: file)
    }

    /// Creates a group.
    ///
    /// - Throws: ``HDF5Error`` of kind `unwritable`, also when there is an entry of that name.
    public func createGroup(_ name: String) throws(HDF5Error) -> Group {
        Library.silence()
        guard isName(name), let creation = Handle(H5Pcreate(ch5_group_create()), H5Pclose),
            H5Pset_obj_track_times(creation.id, false) >= 0,
            let handle = Handle(H5Gcreate2(handle.id, name, ch5_default(), creation.id, ch5_default()), H5Gclose)
        else { throw file.error(.unwritable, path(of: name), "cannot be created", frames: errorFrames()) }
        return Group(name: path(of: name), handle: handle, file: file)
    }

    /// The path of an entry: messages and data sets name it as it was asked for, below the root without a slash.
    func path(of entry: String) -> String { name == "/" ? entry : "\(name)/\(entry)" }

    /// Whether the library takes a text as it is: a zero would end it early.
    func isName(_ text: String) -> Bool { !text.isEmpty && !text.utf8.contains(0) }

    private func member(_ bytes: [UInt8]) -> Member {
        guard let name = String(validating: bytes, as: UTF8.self) else {
            return Member(name: printable(bytes), kind: .other, fault: "has a name that is not UTF-8; rename it")
        }
        do throws(HDF5Error) {
            // A dot and slashes are no names but ways; an entry of such a name is not what the way leads to.
            guard name != ".", let object = try place(of: name)?.open() else {
                return Member(name: name, kind: .other, fault: "cannot be opened")
            }
            switch H5Iget_type(object.id) {
            case H5I_DATASET: return Member(name: name, kind: .dataset, fault: nil)
            case H5I_GROUP: return Member(name: name, kind: .group, fault: nil)
            default: return Member(name: name, kind: .other, fault: nil)
            }
        } catch { return Member(name: name, kind: .other, fault: error.reason) }
    }
}

/// Names of links that the library calls back with.
private final class LinkList {
    var names: [[UInt8]] = []
}
