import CHDF5

/// A group of an open file: data sets and other groups by name.
public class Group: AttributeHolder {
    /// An entry of a group.
    public struct Member: Sendable, Equatable {
        /// What an entry is.
        public enum Kind: Sendable {
            case dataset, group
            /// A named type, or a link into another file or to nowhere.
            case other
        }

        /// Its name, as it is: dots mean nothing.
        public let name: String
        /// What it is.
        public let kind: Kind
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
        let append: ch5_link_visitor = { name, isExternal, context in
            guard let name, let context else { return 0 }
            Unmanaged<LinkList>.fromOpaque(context).takeUnretainedValue().links.append(
                (String(cString: name), isExternal != 0))
            return 0
        }
        guard ch5_visit_links(handle.id, append, Unmanaged.passUnretained(links).toOpaque()) >= 0 else {
            throw file.error(.failed, name, "cannot be listed", frames: errorFrames())
        }
        // Other files are not opened to see what a link leads to: it may be anything, also a pipe that never answers.
        return links.links.sorted { precedes($0.name, $1.name) }.map {
            Member(name: $0.name, kind: $0.isExternal ? .other : kind(of: $0.name))
        }
    }

    /// Whether there is an entry of that name, or path; a link that leads nowhere is one.
    public func contains(_ name: String) -> Bool {
        guard !name.isEmpty, !name.utf8.contains(0) else { return false }
        Library.silence()
        var path = name.hasPrefix("/") ? "/" : ""
        // The library looks only at the last part of a path: the others must be there.
        for part in name.split(separator: "/") {
            path += path.isEmpty || path == "/" ? String(part) : "/" + part
            guard H5Lexists(handle.id, path, ch5_default()) > 0 else { return false }
        }
        return true
    }

    /// Opens a group.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject`.
    public func group(_ name: String) throws(HDF5Error) -> Group {
        guard contains(name) else { throw file.error(.missingObject, path(of: name), "is missing") }
        guard let handle = Handle(H5Gopen2(handle.id, name, ch5_default()), H5Gclose) else {
            throw file.error(.missingObject, path(of: name), "is not a group", frames: errorFrames())
        }
        return Group(name: path(of: name), handle: handle, file: file)
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

    private func kind(of name: String) -> Member.Kind {
        guard let object = Handle(H5Oopen(handle.id, name, ch5_default()), H5Oclose) else { return .other }
        switch H5Iget_type(object.id) {
        case H5I_DATASET: return .dataset
        case H5I_GROUP: return .group
        default: return .other
        }
    }
}

/// Links that the library calls back with.
private final class LinkList {
    var links: [(name: String, isExternal: Bool)] = []
}
