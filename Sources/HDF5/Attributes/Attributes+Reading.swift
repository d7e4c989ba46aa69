import CHDF5

extension AttributeHolder {
    /// A number, converted from whatever is stored; an array of one element counts as one.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject`, or `mismatch` when it is no single number.
    public func attribute<T: Scalar>(_ name: String, as type: T.Type = T.self) throws(HDF5Error) -> T {
        let numbers = try attributeNumbers(name, as: type)
        guard let number = numbers.first, numbers.count == 1 else {
            throw attributeError(.mismatch, name, "is not one number but \(numbers.count)")
        }
        return number
    }

    /// Numbers, one or many, converted from whatever is stored; of arrays with several dimensions in row-major order.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject`, or `mismatch` when it holds something else.
    public func attributeNumbers<T: Scalar>(_ name: String, as type: T.Type = T.self) throws(HDF5Error) -> [T] {
        let opened = try open(name, elementSize: MemoryLayout<T>.stride)
        guard opened.elementType.isNumeric else {
            throw attributeError(.mismatch, name, "holds \(opened.elementType), not numbers")
        }
        guard opened.count > 0 else { return [] }
        var isRead = false
        let numbers = [T](unsafeUninitializedCapacity: opened.count) { room, count in
            isRead = H5Aread(opened.attribute.id, T.memoryType, room.baseAddress) >= 0
            count = isRead ? opened.count : 0
        }
        guard isRead else { throw attributeError(.failed, name, "cannot be read", frames: errorFrames()) }
        return numbers
    }

    /// A text of fixed or variable length; an array of one element counts as one.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject`, or `mismatch` when it is no single text.
    public func attributeString(_ name: String) throws(HDF5Error) -> String {
        let strings = try attributeStrings(name)
        guard let string = strings.first, strings.count == 1 else {
            throw attributeError(.mismatch, name, "is not one text but \(strings.count)")
        }
        return string
    }

    /// Texts of fixed or variable length, one or many; what is not UTF-8 is repaired.
    ///
    /// - Throws: ``HDF5Error`` of kind `missingObject`, or `mismatch` when it holds something else.
    public func attributeStrings(_ name: String) throws(HDF5Error) -> [String] {
        let opened = try open(name, elementSize: 0)
        guard opened.elementType == .string else {
            throw attributeError(.mismatch, name, "holds \(opened.elementType), not text")
        }
        guard opened.count > 0 else { return [] }
        guard
            let strings = StringTransfer.read(
                opened.count, type: opened.type.id, memoryType: opened.type.id, space: opened.space.id,
                { H5Aread(opened.attribute.id, opened.type.id, $0) })
        else { throw attributeError(.failed, name, "cannot be read", frames: errorFrames()) }
        return strings
    }

    private struct Opened {
        let attribute: Handle
        let type: Handle
        let space: Handle
        let elementType: ElementType
        let count: Int
    }

    /// Opens an attribute whose elements take `elementSize` bytes in memory, or what they take in the file.
    private func open(_ name: String, elementSize: Int) throws(HDF5Error) -> Opened {
        guard hasAttribute(name) else { throw attributeError(.missingObject, name, "is missing") }
        guard let attribute = Handle(H5Aopen(handle.id, name, ch5_default()), H5Aclose),
            let type = Handle(H5Aget_type(attribute.id), H5Tclose),
            let space = Handle(H5Aget_space(attribute.id), H5Sclose),
            case let count = H5Sget_simple_extent_npoints(space.id), count >= 0
        else { throw attributeError(.failed, name, "cannot be opened", frames: errorFrames()) }
        let size = max(elementSize, H5Tget_size(type.id))
        guard file.canHold(Int(count), ofBytes: size) else {
            throw attributeError(.failed, name, "claims \(count) elements, more than the file can hold")
        }
        return Opened(
            attribute: attribute, type: type, space: space, elementType: ElementType(type.id), count: Int(count))
    }
}
