import Glibc
import Synchronization

/// What one thread of a rank tells another.
final class Flag: Sendable {
    private let state = Atomic<Bool>(false)

    var isSet: Bool { state.load(ordering: .acquiring) }
    func set() { state.store(true, ordering: .releasing) }
    func clear() { state.store(false, ordering: .releasing) }
    /// Whether it was set; it is not afterwards.
    func take() -> Bool { state.exchange(false, ordering: .acquiringAndReleasing) }
    func waitUntilSet() { while !isSet { usleep(1000) } }
}
