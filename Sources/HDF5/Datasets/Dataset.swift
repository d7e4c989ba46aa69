import CHDF5
import PhotozCheckedSizes

/// A data set of an open file, which it keeps open; or a field of one whose elements are compounds, as if it were
/// stored alone.
public final class Dataset: AttributeHolder {
    /// The path in the file, as it was asked for; of a field with a colon before its name.
    public let name: String
    /// Sizes, the slowest dimension first; empty for a scalar. Those of arrays that are stored at each place come last.
    public let shape: [Int]
    /// What is stored, of arrays their elements.
    public let elementType: ElementType
    /// Bytes of a string of fixed length; nil for strings of any length and for other types.
    public let stringLength: Int?
    /// Sizes of a chunk, or nil when the data set is stored in one piece.
    public let chunk: [Int]?
    /// What chunks went through when they were written, in that order.
    public let filters: [Filter]

    /// The type of one element.
    let type: Handle
    /// Where the elements are in what is stored.
    let form: ElementForm
    /// The sizes that the file gives, without those of arrays.
    let storedShape: [Int]
    /// How it was created, for where its elements are.
    let creation: Handle
    /// Where a virtual data set has its elements from; nil for others.
    let sources: VirtualSources?
    /// Whether all that it is declared to hold is known to have been written.
    var isProven = false

    init(file: OpenFile, name: String, handle: Handle, field: String? = nil) throws(HDF5Error) {
        guard let creation = Handle(H5Dget_create_plist(handle.id), H5Pclose) else {
            throw file.error(.failed, name, "has no readable form", frames: errorFrames())
        }
        let form: ElementForm
        do throws(ElementForm.Fault) { form = try ElementForm(of: handle, field: field) } catch {
            throw file.error(error.kind, name, error.reason)
        }
        // Before the library opens them to find out the shape.
        let sources = try VirtualSources(creation, of: name, in: file)
        guard let space = Handle(H5Dget_space(handle.id), H5Sclose) else {
            throw file.error(.failed, name, "has no readable form", frames: errorFrames())
        }
        guard H5Sget_simple_extent_type(space.id) != H5S_NULL else {
            throw file.error(.mismatch, name, "is declared empty, without a shape")
        }
        let elementSize = max(H5Tget_size(form.stored.id), MemoryLayout<String>.stride)
        guard let storedShape = Self.shape(of: space),
            CheckedSize.product(storedShape.map { max($0, 1) } + [elementSize]) != nil,
            CheckedSize.product((storedShape + form.sizes).map { max($0, 1) } + [MemoryLayout<String>.stride]) != nil
        else { throw file.error(.failed, name, "has a shape that no file can hold", frames: errorFrames()) }
        guard H5Pget_layout(creation.id) != H5D_COMPACT || Self.isWhole(handle, form.stored, storedShape) else {
            throw file.error(.failed, name, "stores less than its shape says")
        }
        self.name = name
        self.form = form
        self.storedShape = storedShape
        type = form.type
        shape = storedShape + form.sizes
        elementType = ElementType(type.id)
        stringLength = elementType == .string && H5Tis_variable_str(type.id) == 0 ? H5Tget_size(type.id) : nil
        chunk = Self.chunk(creation, rank: storedShape.count)
        filters = Filter.list(of: creation)
        self.creation = creation
        self.sources = sources
        super.init(handle: handle, file: file, objectName: name)
    }

    /// Elements in all.
    public var count: Int { shape.reduce(1, *) }

    /// Rows along the first dimension; 1 for a scalar.
    public var rows: Int { shape.first ?? 1 }

    /// Elements in one row.
    public var rowCount: Int { shape.dropFirst().reduce(1, *) }

    /// Bytes that the elements take in the file, after compression; zero when nothing has been written.
    public var storageSize: Int { Int(clamping: H5Dget_storage_size(handle.id)) }

    /// Where the elements of a data set in one piece begin in the file, in bytes; nil when they have no place yet, lie
    /// elsewhere or in chunks. There they stand one behind another, each in the form in which it is stored.
    public var place: Int? {
        guard H5Pget_layout(creation.id) == H5D_CONTIGUOUS, H5Pget_external_count(creation.id) == 0 else { return nil }
        Library.silence()
        return Int(exactly: H5Dget_offset(handle.id)).flatMap { $0 < 0 ? nil : $0 }
    }

    /// Whether this library can undo all filters.
    public var isDecodable: Bool { filters.allSatisfy(\.isDecodable) }

    func error(_ kind: HDF5Error.Kind, _ reason: String, frames: [HDF5Error.Frame] = []) -> HDF5Error {
        file.error(kind, name, reason, frames: frames)
    }

    private static func shape(of space: Handle) -> [Int]? {
        let rank = Int(H5Sget_simple_extent_ndims(space.id))
        guard rank >= 0 else { return nil }
        var sizes = [hsize_t](repeating: 0, count: rank)
        guard H5Sget_simple_extent_dims(space.id, &sizes, nil) >= 0 else { return nil }
        // A damaged file may claim any size.
        let shape = sizes.compactMap { Int(exactly: $0) }
        return shape.count == rank ? shape : nil
    }

    /// Whether a small data set, kept with its description, is all there: HDF5 1.10 copies without asking.
    private static func isWhole(_ dataset: Handle, _ type: Handle, _ shape: [Int]) -> Bool {
        shape.reduce(H5Tget_size(type.id), *) <= Int(clamping: H5Dget_storage_size(dataset.id))
    }

    private static func chunk(_ creation: Handle, rank: Int) -> [Int]? {
        guard H5Pget_layout(creation.id) == H5D_CHUNKED else { return nil }
        var sizes = [hsize_t](repeating: 0, count: rank)
        guard H5Pget_chunk(creation.id, Int32(rank), &sizes) == rank else { return nil }
        return sizes.map { Int(clamping: $0) }
    }
}
