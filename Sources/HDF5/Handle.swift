import CHDF5

/// An identifier of the library that is released exactly once.
final class Handle {
    let id: hid_t
    private let release: (hid_t) -> herr_t
    private(set) var isOpen = true

    /// Owns `id`, which `release` gives back; nil when `id` says that the call failed.
    init?(_ id: hid_t, _ release: @escaping (hid_t) -> herr_t) {
        guard id >= 0 else { return nil }
        self.id = id
        self.release = release
    }

    /// Gives the identifier back now; false when the library reports a failure, as when what was written cannot be
    /// stored.
    func close() -> Bool {
        guard isOpen else { return true }
        isOpen = false
        // Releasing would wipe the errors of a call before it, and handles go out of scope before those are looked at.
        let errors = H5Eget_num(ch5_error_default()) > 0 ? H5Eget_current_stack() : -1
        Library.silence()
        let isReleased = release(id) >= 0
        if errors >= 0 { H5Eset_current_stack(errors) }
        return isReleased
    }

    deinit { _ = close() }
}
