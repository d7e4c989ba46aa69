import CHDF5
import PhotozCheckedSizes

/// Where the elements of a data set are in what a file stores at each of its places: they are that themselves, lie in
/// an array of it (H5T_ARRAY), or in a field of a compound, which may be an array too.
struct ElementForm {
    /// The type of what is stored at each place.
    let stored: Handle
    /// The type of one element.
    let type: Handle
    /// The field of a compound that the elements are; nil when they are all that is stored.
    let field: String?
    /// Sizes of the arrays at each place, outer ones first.
    let arrays: [[Int]]

    /// Why there is no such form.
    struct Fault: Error {
        let kind: HDF5Error.Kind
        let reason: String

        static let damaged = Fault(kind: .failed, reason: "holds a damaged type")
    }

    /// Bytes at each place, more than which only a damaged file claims: HDF5 takes memory for one place at least.
    private static let largest = 1 << 30

    /// Reads the type of a data set, every size in which is a claim of the file.
    ///
    /// - Parameter field: The field that is wanted.
    /// - Throws: ``Fault`` of kind `missingObject` when there is no such field, `failed` for a damaged type.
    init(of dataset: Handle, field: String?) throws(Fault) {
        guard let stored = Handle(H5Dget_type(dataset.id), H5Tclose) else { throw .damaged }
        self.stored = stored
        self.field = field
        var type = try field.map { name throws(Fault) in try Self.member(name, of: stored) } ?? stored
        var arrays: [[Int]] = []
        while H5Tget_class(type.id) == H5T_ARRAY {
            let (sizes, inner) = try Self.array(type)
            arrays.append(sizes)
            type = inner
        }
        guard arrays.isEmpty && field == nil || H5Tget_size(stored.id) <= Self.largest else {
            throw Fault(kind: .failed, reason: "claims \(H5Tget_size(stored.id)) bytes for each element")
        }
        self.type = type
        self.arrays = arrays
    }

    /// Whether what is stored at a place is one element.
    var isPlain: Bool { field == nil && arrays.isEmpty }

    /// Sizes that follow those of the data set.
    var sizes: [Int] { arrays.flatMap(\.self) }

    /// What a transfer of elements of a type takes in memory: these elements alone, without a compound's other fields.
    ///
    /// - Parameter element: The type of one element in memory.
    /// - Returns: nil when the library makes no such type.
    func memoryType(_ element: hid_t) -> Handle? {
        var type = Handle(H5Tcopy(element), H5Tclose)
        for sizes in arrays.reversed() {
            guard let inner = type else { return nil }
            type = Handle(H5Tarray_create2(inner.id, UInt32(sizes.count), sizes.map { hsize_t($0) }), H5Tclose)
        }
        guard let field, let inner = type else { return type }
        guard let compound = Handle(H5Tcreate(H5T_COMPOUND, H5Tget_size(inner.id)), H5Tclose),
            H5Tinsert(compound.id, field, 0, inner.id) >= 0
        else { return nil }
        return compound
    }

    /// Names of the fields of a compound, in its order; none for other types. A name that is not UTF-8 cannot be asked
    /// for.
    static func fields(of type: Handle) -> [String] {
        guard H5Tget_class(type.id) == H5T_COMPOUND else { return [] }
        let count = UInt32(max(0, H5Tget_nmembers(type.id)))
        return (0..<count).compactMap { memberName($0, of: type) }
    }

    private static func memberName(_ index: UInt32, of type: Handle) -> String? {
        guard let name = H5Tget_member_name(type.id, index) else { return nil }
        defer { H5free_memory(name) }
        return String(validatingCString: name)
    }

    private static func member(_ name: String, of compound: Handle) throws(Fault) -> Handle {
        guard H5Tget_class(compound.id) == H5T_COMPOUND else {
            throw Fault(kind: .missingObject, reason: "is missing; the data set has no fields")
        }
        let count = UInt32(max(0, H5Tget_nmembers(compound.id)))
        let places = (0..<count).filter { memberName($0, of: compound) == name }
        guard let place = places.first else { throw Fault(kind: .missingObject, reason: "is missing") }
        // The library would read both into the same memory.
        guard places.count == 1 else { throw Fault(kind: .failed, reason: "is the name of \(places.count) fields") }
        guard let type = Handle(H5Tget_member_type(compound.id, place), H5Tclose) else { throw .damaged }
        let offset = H5Tget_member_offset(compound.id, place)
        guard CheckedSize.fits(H5Tget_size(type.id), from: offset, in: H5Tget_size(compound.id)) else {
            throw Fault(kind: .failed, reason: "lies outside of the compound that it is a field of")
        }
        return type
    }

    private static func array(_ type: Handle) throws(Fault) -> (sizes: [Int], inner: Handle) {
        let rank = H5Tget_array_ndims(type.id)
        guard (1...H5S_MAX_RANK).contains(rank), let inner = Handle(H5Tget_super(type.id), H5Tclose) else {
            throw .damaged
        }
        var sizes = [hsize_t](repeating: 0, count: Int(rank))
        guard H5Tget_array_dims2(type.id, &sizes) == rank else { throw .damaged }
        let counts = sizes.map { Int(clamping: $0) }
        guard !counts.contains(0), CheckedSize.product(counts + [H5Tget_size(inner.id)]) == H5Tget_size(type.id) else {
            throw .damaged
        }
        return (counts, inner)
    }
}

extension Dataset {
    /// Whether it is a field of a data set of compounds; attributes are then those of the whole data set.
    public var isField: Bool { form.field != nil }

    /// Names of the fields of a data set of compounds, in their order; none for others.
    public var fields: [String] { isField ? [] : ElementForm.fields(of: form.stored) }
}
