/// Activations between two layers: where the first computes them, and where the product behind it reads them.
///
/// The two are one memory wherever nothing needs converting. Only this type and the memory that makes it know where
/// that is: a layer writes to `computed`, and the next takes what ``ForwardPass/store(_:rows:)`` returns.
struct Activations {
    /// As they are computed.
    let computed: Rows
    /// As the next product takes them. A kernel that computes in this form itself, such as that of LayerNorm, writes
    /// here.
    let stored: Rows
    /// Numbers of a row.
    let width: Int

    /// Whether the stored form has memory of its own.
    var isConverted: Bool { computed.start != stored.start }

    /// The first `count` numbers of each row.
    func first(_ count: Int) -> Activations { Activations(computed: computed, stored: stored, width: count) }

    /// The rows behind the first `count`.
    func dropping(rows count: Int) -> Activations {
        Activations(
            computed: computed.dropping(rows: count), stored: stored.dropping(rows: count), width: width)
    }
}
