import CHDF5

/// Writes data sets in all the ways in which HDF5 stores them, also those that the project never writes.
enum RawHDF5 {
    /// A number as it is stored.
    struct Number: CustomStringConvertible {
        var bits = 32
        var isFloat = true
        var isSigned = true
        var isBigEndian = false

        var description: String {
            (isFloat ? "float" : isSigned ? "int" : "uint") + "\(bits)" + (isBigEndian ? " big-endian" : "")
        }

        /// What is stored for a value.
        func stored(_ value: Double) -> Double {
            guard isFloat else {
                let (low, high) = (isSigned ? -pow(bits - 1) : 0, (isSigned ? pow(bits - 1) : pow(bits)) - 1)
                return min(max(value.rounded(), low), high)
            }
            return bits == 16 ? Double(Float16(value)) : bits == 32 ? Double(Float(value)) : value
        }

        private func pow(_ bits: Int) -> Double { Double(sign: .plus, exponent: bits, significand: 1) }

        fileprivate var type: hid_t {
            let native: hid_t
            if isFloat {
                native = checked(H5Tcopy(bits == 64 ? ch5_double() : ch5_ieee_float32()))
                if bits == 16 {
                    check(H5Tset_fields(native, 15, 10, 5, 0, 10))
                    check(H5Tset_size(native, 2))
                    check(H5Tset_ebias(native, 15))
                }
            } else {
                native = checked(H5Tcopy(isSigned ? ch5_int64() : ch5_uint64()))
                check(H5Tset_precision(native, bits))
                check(H5Tset_size(native, bits / 8))
            }
            check(H5Tset_order(native, isBigEndian ? H5T_ORDER_BE : H5T_ORDER_LE))
            return native
        }
    }

    /// What happens to a chunk on its way into the file.
    enum Filter: String {
        case gzip, shuffle, checksum, szip, scaleOffset, nBit
    }

    /// How the numbers lie in the file.
    enum Layout: CustomStringConvertible {
        case contiguous
        case compact
        /// Sizes of a chunk; whether the first dimension may grow.
        case chunked([Int], [Filter], isResizable: Bool)
        /// In a file of raw bytes.
        case raw(String)
        /// In the data set of the same name of other files: which rows each of them has.
        case virtual([(file: String, rows: Range<Int>)])

        var description: String {
            switch self {
            case .contiguous: "in one piece"
            case .compact: "compact"
            case .chunked(let chunk, let filters, let isResizable):
                "chunks \(chunk) \(filters.map(\.rawValue))" + (isResizable ? " resizable" : "")
            case .raw: "raw"
            case .virtual(let parts): "virtual \(parts.map(\.rows))"
            }
        }
    }

    /// Makes a file, runs `body` with it and closes all that is open.
    static func create(_ path: String, _ body: (hid_t) -> Void) {
        H5Eset_auto2(ch5_error_default(), nil, nil)
        let access = checked(H5Pcreate(ch5_file_access()))
        check(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG))
        let file = checked(H5Fcreate(path, ch5_truncate(), ch5_default(), access))
        body(file)
        check(H5Fclose(file))
        check(H5Pclose(access))
    }

    /// Opens a file that is there, runs `body` with it and closes all that is open.
    static func add(to path: String, _ body: (hid_t) -> Void) {
        H5Eset_auto2(ch5_error_default(), nil, nil)
        let access = checked(H5Pcreate(ch5_file_access()))
        check(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG))
        let file = checked(H5Fopen(path, ch5_read_write(), access))
        body(file)
        check(H5Fclose(file))
        check(H5Pclose(access))
    }

    /// Writes a data set of numbers.
    ///
    /// - Parameters:
    ///   - place: The file or group.
    ///   - name: Its name.
    ///   - shape: Its sizes.
    ///   - values: All its numbers.
    ///   - number: How one is stored.
    ///   - layout: Where they are stored.
    ///   - written: Rows that are written; the others have room in the file at most.
    static func write(
        _ place: hid_t, _ name: String, shape: [Int], _ values: [Double], _ number: Number, _ layout: Layout,
        written: Int? = nil
    ) {
        let properties = checked(H5Pcreate(ch5_dataset_create()))
        let sizes = shape.map { hsize_t($0) }
        var limits = sizes
        switch layout {
        case .contiguous: break
        case .compact: check(H5Pset_layout(properties, H5D_COMPACT))
        case .chunked(let chunk, let filters, let isResizable):
            check(H5Pset_chunk(properties, Int32(chunk.count), chunk.map { hsize_t($0) }))
            for filter in filters { add(filter, to: properties) }
            // HDF5's own mark of a dimension without limit.
            if isResizable { limits[0] = .max }
        case .raw(let path):
            check(H5Pset_external(properties, path, 0, hsize_t(values.count * number.bits / 8)))
        case .virtual(let parts):
            let whole = checked(H5Screate_simple(Int32(sizes.count), sizes, nil))
            for part in parts {
                var (start, count) = ([hsize_t](repeating: 0, count: sizes.count), sizes)
                (start[0], count[0]) = (hsize_t(part.rows.lowerBound), hsize_t(part.rows.count))
                check(H5Sselect_hyperslab(whole, H5S_SELECT_SET, start, nil, count, nil))
                let source = checked(H5Screate_simple(Int32(count.count), count, nil))
                check(H5Pset_virtual(properties, whole, part.file, name, source))
            }
        }
        let space = checked(H5Screate_simple(Int32(sizes.count), sizes, limits))
        let dataset = checked(
            H5Dcreate2(place, name, number.type, space, ch5_default(), properties, ch5_default()))
        let rows = written ?? shape[0]
        if case .virtual = layout { return }
        guard rows > 0, !values.isEmpty else { return }
        var count = sizes
        count[0] = hsize_t(rows)
        let start = [hsize_t](repeating: 0, count: sizes.count)
        check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nil, count, nil))
        let memory = checked(H5Screate_simple(Int32(count.count), count, nil))
        check(H5Dwrite(dataset, ch5_double(), memory, space, ch5_default(), values))
    }

    private static func add(_ filter: Filter, to properties: hid_t) {
        switch filter {
        case .gzip: check(H5Pset_deflate(properties, 4))
        case .shuffle: check(H5Pset_shuffle(properties))
        case .checksum: check(H5Pset_fletcher32(properties))
        case .szip: check(H5Pset_szip(properties, UInt32(H5_SZIP_NN_OPTION_MASK), 8))
        case .scaleOffset: check(H5Pset_scaleoffset(properties, H5Z_SO_INT, Int32(H5Z_SO_INT_MINBITS_DEFAULT)))
        case .nBit: check(H5Pset_nbit(properties))
        }
    }

    /// Whether this library can write with a filter.
    static func has(_ filter: Filter) -> Bool {
        let numbers: [Filter: H5Z_filter_t] = [
            .gzip: H5Z_FILTER_DEFLATE, .shuffle: H5Z_FILTER_SHUFFLE, .checksum: H5Z_FILTER_FLETCHER32,
            .szip: H5Z_FILTER_SZIP, .scaleOffset: H5Z_FILTER_SCALEOFFSET, .nBit: H5Z_FILTER_NBIT,
        ]
        guard let number = numbers[filter], H5Zfilter_avail(number) > 0 else { return false }
        var flags: UInt32 = 0
        return H5Zget_filter_info(number, &flags) >= 0 && flags & UInt32(H5Z_FILTER_CONFIG_ENCODE_ENABLED) != 0
    }

    /// Writes strings of one length, ended by zeros or padded with blanks.
    static func write(_ place: hid_t, _ name: String, _ strings: [String], length: Int, isPadded: Bool) {
        let type = checked(H5Tcopy(ch5_string()))
        check(H5Tset_size(type, length))
        check(H5Tset_strpad(type, isPadded ? H5T_STR_SPACEPAD : H5T_STR_NULLPAD))
        var size = hsize_t(strings.count)
        let space = checked(H5Screate_simple(1, &size, nil))
        let dataset = checked(
            H5Dcreate2(place, name, type, space, ch5_default(), ch5_default(), ch5_default()))
        let bytes = strings.flatMap { string in
            Array(string.utf8) + [UInt8](repeating: isPadded ? 0x20 : 0, count: length - string.utf8.count)
        }
        check(H5Dwrite(dataset, type, ch5_all(), ch5_all(), ch5_default(), bytes))
    }

    /// Gives a data set a number as an attribute.
    static func setAttribute(_ file: hid_t, _ dataset: String, _ name: String, _ value: Double) {
        let holder = checked(H5Dopen2(file, dataset, ch5_default()))
        let space = checked(H5Screate(H5S_SCALAR))
        let attribute = checked(
            H5Acreate2(holder, name, ch5_double(), space, ch5_default(), ch5_default()))
        check(withUnsafePointer(to: value) { H5Awrite(attribute, ch5_double(), $0) })
    }

    /// A link within the file.
    static func link(_ file: hid_t, soft target: String, as name: String) {
        check(H5Lcreate_soft(target, file, name, ch5_default(), ch5_default()))
    }

    /// A second name of an object.
    static func link(_ file: hid_t, hard target: String, as name: String) {
        check(H5Lcreate_hard(file, target, file, name, ch5_default(), ch5_default()))
    }

    /// A link into another file.
    static func link(_ file: hid_t, external target: String, of other: String, as name: String) {
        check(H5Lcreate_external(other, target, file, name, ch5_default(), ch5_default()))
    }

    /// A group.
    static func group(_ file: hid_t, _ name: String) -> hid_t {
        checked(H5Gcreate2(file, name, ch5_default(), ch5_default(), ch5_default()))
    }

    private static func check(_ status: Int32) { precondition(status >= 0, "HDF5 refuses what a test wants") }

    private static func checked(_ identifier: hid_t) -> hid_t {
        precondition(identifier >= 0, "HDF5 refuses what a test wants")
        return identifier
    }
}
