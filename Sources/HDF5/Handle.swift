import CHDF5

/// An identifier of the library that is released exactly once.
final class Handle {
    let id: hid_t
    private let release: (hid_t) -> herr_t
    private var isOpen = true

    /// Owns `id`, which `release` gives back; nil when `id` says that the call failed.
    init?(_ id: hid_t, _ release: @escaping (hid_t) -> herr_t) {
        guard id >= 0 else { return nil }
        self.id = id
        self.release = release
    }

    /// Gives the identifier back now; false when the library reports a failure, as when what was written cannot be stored.
    func close() -> Bool {
        guard isOpen else { return true }
        isOpen = false
        return release(id) >= 0
    }

    deinit {
        guard isOpen else { return }
        // Each call of the library clears its error stack. Handles go when they are used no more, which may be before the
        // error of the call they were made for has been read: the stack is kept for it.
        let errors = H5Eget_current_stack()
        _ = close()
        H5Eset_current_stack(errors)
    }
}
