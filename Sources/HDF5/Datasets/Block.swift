import CHDF5

extension Dataset {
    /// The block of some rows: their range, then all of the other dimensions. The one row of a scalar is its element.
    func block(rows: Range<Int>) -> [Range<Int>] {
        if shape.isEmpty, rows == 0..<1 { return [] }
        return [rows] + shape.dropFirst().map { 0..<$0 }
    }

    /// The elements of a block within the shape.
    func count(of block: [Range<Int>]) throws(HDF5Error) -> Int {
        guard block.count == shape.count,
            zip(block, shape).allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= $1 })
        else { throw error(.mismatch, "has shape \(shape); the block \(block) is not within it") }
        return block.reduce(1) { $0 * $1.count }
    }

    /// Whether a block has whole elements of what is stored: all of the arrays that lie at its places.
    func isWhole(_ block: [Range<Int>]) -> Bool {
        zip(block, shape).dropFirst(storedShape.count).allSatisfy { $0 == 0..<$1 }
    }

    /// What a transfer of elements takes in memory.
    ///
    /// - Parameter element: The type of one element in memory.
    func memoryType(_ element: hid_t) throws(HDF5Error) -> Handle {
        guard let type = form.memoryType(element) else {
            throw error(.failed, "has elements that cannot be transferred", frames: errorFrames())
        }
        return type
    }

    /// Selects a block in the file and as much memory, and runs one transfer between them. What it moves at each place
    /// is all that is stored there, of ``memoryType(_:)``.
    func transfer(
        _ block: [Range<Int>], kind: HDF5Error.Kind = .failed, _ run: (_ memory: hid_t, _ file: hid_t) -> herr_t
    ) throws(HDF5Error) {
        guard try count(of: block) > 0 else { return }
        guard isWhole(block) else { throw error(.mismatch, "stores arrays, and \(block) is a part of them") }
        Library.silence()
        guard let selected = select(Array(block.prefix(storedShape.count))),
            run(selected.memory.id, selected.file.id) >= 0
        else {
            let place = block.first.map { "rows \($0)" } ?? "the element"
            throw error(
                kind, "\(place) cannot be \(kind == .unwritable ? "written" : "read")", frames: errorFrames())
        }
    }

    private func select(_ block: [Range<Int>]) -> (memory: Handle, file: Handle)? {
        guard let space = Handle(H5Dget_space(handle.id), H5Sclose) else { return nil }
        guard !block.isEmpty else { return Handle(H5Scopy(space.id), H5Sclose).map { ($0, space) } }
        let starts = block.map { hsize_t($0.lowerBound) }
        let counts = block.map { hsize_t($0.count) }
        guard H5Sselect_hyperslab(space.id, H5S_SELECT_SET, starts, nil, counts, nil) >= 0,
            let memory = Handle(H5Screate_simple(Int32(counts.count), counts, nil), H5Sclose)
        else { return nil }
        return (memory, space)
    }
}
