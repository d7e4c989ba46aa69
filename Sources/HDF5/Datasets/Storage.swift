import CHDF5

/// How a data set is stored.
public struct Storage: Sendable {
    /// Sizes of a chunk, or nil for one piece. Dimensions that are not named are taken whole.
    public var chunk: [Int]?
    /// The level of gzip compression, 1 to 9; needs chunks.
    public var compression: Int?
    /// Whether bytes are shuffled before compression, which then does better on numbers.
    public var shuffles: Bool
    /// Whether a checksum (fletcher32) is kept for each chunk; needs chunks.
    public var checksum: Bool
    /// Whether room in the file is taken when the data set is created, not when it is first written.
    public var allocatesEarly: Bool
    /// Whether elements are zero until they are written; else they are whatever the disk has, and nothing is written
    /// but what the caller writes.
    public var fills: Bool

    /// In one piece, uncompressed.
    public static let contiguous = Storage()

    /// In one piece whose place in the file is known at once and to which nothing is written: see ``Dataset/place``.
    public static let reserved = Storage(allocatesEarly: true, fills: false)

    /// In chunks of some rows.
    public static func chunked(rows: Int, compression: Int? = nil, checksum: Bool = false) -> Storage {
        Storage(chunk: [rows], compression: compression, checksum: checksum)
    }

    /// Any combination; in one piece unless there are chunk sizes.
    public init(
        chunk: [Int]? = nil, compression: Int? = nil, shuffles: Bool = true, checksum: Bool = false,
        allocatesEarly: Bool = false, fills: Bool = true
    ) {
        self.chunk = chunk
        self.compression = compression
        self.shuffles = shuffles
        self.checksum = checksum
        self.allocatesEarly = allocatesEarly
        self.fills = fills
    }

    /// The library's list of properties of a data set of that type and shape; nil when it takes them not.
    func properties(type: Handle, shape: [Int]) -> Handle? {
        // Without the time of its making, the same data make the same file.
        guard let creation = Handle(H5Pcreate(ch5_dataset_create()), H5Pclose),
            H5Pset_obj_track_times(creation.id, false) >= 0,
            !allocatesEarly || H5Pset_alloc_time(creation.id, H5D_ALLOC_TIME_EARLY) >= 0,
            fills || leaveUnfilled(creation, type)
        else { return nil }
        // A scalar has no chunks, and a data set without rows none to be stored in.
        guard let chunk, !shape.isEmpty, !shape.contains(0) else { return creation }
        return apply(chunk, shape: shape, to: creation) ? creation : nil
    }

    /// HDF5 insists on filling what is of variable length, unless there is nothing to fill it with.
    private func leaveUnfilled(_ creation: Handle, _ type: Handle) -> Bool {
        guard H5Tis_variable_str(type.id) > 0 else {
            return H5Pset_fill_time(creation.id, H5D_FILL_TIME_NEVER) >= 0
        }
        return H5Pset_fill_value(creation.id, type.id, nil) >= 0
    }

    private func apply(_ chunk: [Int], shape: [Int], to creation: Handle) -> Bool {
        let sizes = shape.enumerated().map { index, size in
            hsize_t(index < chunk.count ? max(1, min(chunk[index], size)) : size)
        }
        guard H5Pset_chunk(creation.id, Int32(sizes.count), sizes) >= 0 else { return false }
        if let compression {
            guard !shuffles || H5Pset_shuffle(creation.id) >= 0,
                H5Pset_deflate(creation.id, UInt32(clamping: compression)) >= 0
            else { return false }
        }
        return !checksum || H5Pset_fletcher32(creation.id) >= 0
    }
}
