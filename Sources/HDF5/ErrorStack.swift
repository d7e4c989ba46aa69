import CHDF5

/// Takes the calling thread's error stack, outermost call first.
func errorFrames() -> [HDF5Error.Frame] {
    final class Collected { var frames: [HDF5Error.Frame] = [] }
    let collected = Collected()
    let stack = H5Eget_current_stack()
    defer { H5Eclose_stack(stack) }
    let append: H5E_walk2_t = { _, entry, context in
        guard let entry = entry?.pointee, let context else { return 0 }
        Unmanaged<Collected>.fromOpaque(context).takeUnretainedValue().frames.append(HDF5Error.Frame(entry))
        return 0
    }
    H5Ewalk2(stack, H5E_WALK_DOWNWARD, append, Unmanaged.passUnretained(collected).toOpaque())
    return collected.frames
}

extension HDF5Error.Frame {
    fileprivate init(_ entry: H5E_error2_t) {
        function = entry.func_name.map { String(cString: $0) } ?? "?"
        text = entry.desc.map { String(cString: $0) } ?? ""
        major = Self.message(entry.maj_num)
        minor = Self.message(entry.min_num)
    }

    private static func message(_ id: hid_t) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { room in
            guard let start = room.baseAddress, H5Eget_msg(id, nil, start, room.count) > 0 else { return "" }
            return String(cString: start)
        }
    }
}
