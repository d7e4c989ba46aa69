import CHDF5

/// Where a virtual data set has its elements from: parts of other data sets. The library gives fill values for what is
/// not there, so each source is opened and proved when the data set is opened.
struct VirtualSources {
    /// One part: a selection of the virtual data set's elements.
    private struct Part {
        let selection: Handle
        /// Elements.
        let count: Int
        /// The smallest block around them.
        let bounds: [ClosedRange<Int>]

        /// Whether the selection is that whole block.
        var isBlock: Bool { bounds.reduce(1) { $0 * $1.count } == count }
    }

    private let parts: [Part]

    /// Looks at all sources; nil for a data set that is not virtual.
    ///
    /// - Throws: ``HDF5Error`` that names the source which is missing, is not whole, or may not be read.
    init?(_ creation: Handle, of name: String, in file: OpenFile) throws(HDF5Error) {
        guard H5Pget_layout(creation.id) == H5D_VIRTUAL else { return nil }
        var count = 0
        guard H5Pget_virtual_count(creation.id, &count) >= 0 else {
            throw file.error(.failed, name, "has sources that cannot be listed", frames: errorFrames())
        }
        guard file.linked.depth < LinkedFiles.deepest else {
            throw file.error(.refused, name, "is made of virtual data sets without end")
        }
        file.linked.depth += 1
        defer { file.linked.depth -= 1 }
        var parts: [Part] = []
        var last: (name: String, file: File)?
        for index in 0..<count {
            let mapping = Mapping(creation: creation, index: index, object: name, file: file)
            let source = try mapping.fileName()
            if source != ".", last?.name != source {
                last = (source, try file.open(source, for: name, prefix: "HDF5_VDS_PREFIX"))
            }
            // The same file, or the other one's root.
            let root = source == "." ? Group(name: "/", handle: file.handle, file: file) : last?.file
            if let root { parts.append(try mapping.part(from: root)) }
        }
        self.parts = parts
    }

    /// Proves that the parts make up the whole.
    ///
    /// - Throws: ``HDF5Error`` of kind `failed` when elements belong to no source.
    func requireCovering(_ shape: [Int], of dataset: Dataset) throws(HDF5Error) {
        for part in parts where zip(part.bounds, shape).contains(where: { $0.upperBound >= $1 }) {
            throw dataset.error(.failed, "has shape \(shape), and a source for elements beyond it")
        }
        let areRows = parts.allSatisfy { part in
            part.isBlock && zip(part.bounds, shape).dropFirst().allSatisfy { $0.count == $1 }
        }
        guard areRows else { return try requireUnion(shape, of: dataset) }
        var next = 0
        for rows in parts.compactMap(\.bounds.first).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard rows.lowerBound <= next else { break }
            next = max(next, rows.upperBound + 1)
        }
        // A scalar has no rows.
        guard next >= shape.first ?? 0, !parts.isEmpty else {
            throw dataset.error(.failed, "row \(next) of \(dataset.rows) has no source")
        }
    }

    /// Selections of any form are put together by the library.
    private func requireUnion(_ shape: [Int], of dataset: Dataset) throws(HDF5Error) {
        let sizes = shape.map { hsize_t($0) }
        guard parts.count <= 4096, let union = Handle(H5Screate_simple(Int32(sizes.count), sizes, nil), H5Sclose),
            H5Sselect_none(union.id) >= 0
        else { throw dataset.error(.refused, "has \(parts.count) sources that interlace, too many to check") }
        for part in parts {
            guard H5Sget_select_type(part.selection.id) != H5S_SEL_ALL else { return }
            // The library adds hyperslabs to each other only.
            let isFirst = H5Sget_select_type(union.id) == H5S_SEL_NONE
            let isAdded =
                isFirst ? H5Sselect_copy(union.id, part.selection.id) : ch5_add_selection(union.id, part.selection.id)
            guard isAdded >= 0 else {
                throw dataset.error(.refused, "has sources that interlace in a way that cannot be checked")
            }
        }
        let covered = H5Sget_select_npoints(union.id)
        guard covered == dataset.count else {
            throw dataset.error(.failed, "\(dataset.count - Int(covered)) of \(dataset.count) elements have no source")
        }
    }

    // MARK: One mapping

    private struct Mapping {
        let creation: Handle
        let index: Int
        let object: String
        let file: OpenFile

        func fileName() throws(HDF5Error) -> String {
            try name { H5Pget_virtual_filename(creation.id, index, $0, $1) }
        }

        /// Proves that the source has what the virtual data set takes from it.
        func part(from root: Group) throws(HDF5Error) -> Part {
            let name = try name { H5Pget_virtual_dsetname(creation.id, index, $0, $1) }
            guard let virtual = Handle(H5Pget_virtual_vspace(creation.id, index), H5Sclose),
                let source = Handle(H5Pget_virtual_srcspace(creation.id, index), H5Sclose)
            else { throw fault(.failed, "cannot be read") }
            guard let wanted = Self.bounds(virtual), case let count = H5Sget_select_npoints(virtual.id), count >= 0
            else {
                throw fault(.refused, "has no fixed number of rows; make a data set of it with: h5repack")
            }
            let dataset: Dataset
            do throws(HDF5Error) {
                dataset = try root.dataset(name)
                try dataset.requireWritten()
            } catch { throw fault(error.kind, "is at fault: \(error)", frames: []) }
            // The file does not tell the shape that a source had when all of it was taken.
            guard H5Sget_select_type(source.id) != H5S_SEL_ALL else {
                guard dataset.count == count else {
                    throw fault(
                        .failed, "has shape \(dataset.shape) instead of \(count) elements: \(root.filePath)", frames: []
                    )
                }
                return Part(selection: virtual, count: Int(count), bounds: wanted)
            }
            guard let given = Self.bounds(source) else {
                throw fault(.refused, "has no fixed number of rows; make a data set of it with: h5repack")
            }
            guard given.count == dataset.shape.count, count == H5Sget_select_npoints(source.id),
                zip(given, dataset.shape).allSatisfy({ $0.upperBound < $1 })
            else {
                let needed = given.map { $0.upperBound + 1 }
                throw fault(
                    .failed, "has shape \(dataset.shape), and \(needed) is taken from it: \(root.filePath)", frames: [])
            }
            return Part(selection: virtual, count: Int(count), bounds: wanted)
        }

        private func fault(_ kind: HDF5Error.Kind, _ what: String, frames: [HDF5Error.Frame]? = nil) -> HDF5Error {
            file.error(kind, object, "source \(index) \(what)", frames: frames ?? errorFrames())
        }

        /// The smallest block around a selection; nil when it has no end.
        private static func bounds(_ space: Handle) -> [ClosedRange<Int>]? {
            let rank = Int(H5Sget_simple_extent_ndims(space.id))
            guard rank >= 0 else { return nil }
            var (first, last) = ([hsize_t](repeating: 0, count: rank), [hsize_t](repeating: 0, count: rank))
            guard rank == 0 || H5Sget_select_bounds(space.id, &first, &last) >= 0 else { return nil }
            var bounds: [ClosedRange<Int>] = []
            for (low, high) in zip(first, last) {
                guard let low = Int(exactly: low), let high = Int(exactly: high), low <= high, high < Int.max else {
                    return nil
                }
                bounds.append(low...high)
            }
            return bounds
        }

        private func name(_ get: (UnsafeMutablePointer<CChar>?, Int) -> Int) throws(HDF5Error) -> String {
            let length = get(nil, 0)
            guard length >= 0 else { throw fault(.failed, "cannot be read") }
            var characters = [CChar](repeating: 0, count: length + 1)
            guard get(&characters, length + 1) >= 0 else { throw fault(.failed, "cannot be read") }
            let bytes = characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw fault(.refused, "has a name that is not UTF-8, \(printable(bytes)); name it otherwise")
            }
            // A percent sign stands for a number that counts sources, and two for one.
            let parts = text.split(separator: "%%", omittingEmptySubsequences: false)
            guard !parts.contains(where: { $0.contains("%") }) else {
                throw fault(.refused, "stands for any number of sources; make a data set of it with: h5repack")
            }
            return parts.joined(separator: "%")
        }
    }
}
