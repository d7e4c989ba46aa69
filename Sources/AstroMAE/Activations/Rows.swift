import CKernels

/// Rows of activations: what kernels read and write. Whoever made the memory keeps it.
typealias Rows = ck_rows_t

/// What the bytes of a row stand for.
typealias Step = ck_step_t

extension Step {
    /// Words of memory that one takes.
    static var words: Int { MemoryLayout<Step>.stride / MemoryLayout<Float>.stride }
}

extension Rows {
    /// Float32 rows that stand `stride` floats apart.
    init(_ floats: UnsafeMutablePointer<Float>, stride: Int) {
        self.init(start: floats, stride: stride, format: CK_FLOAT32, steps: nil)
    }

    /// Rows of a format without steps, whose `width` numbers stand as densely as words allow.
    init(_ words: UnsafeMutableRawPointer, width: Int, _ format: NumberFormat) {
        precondition(!format.isBytes)
        self.init(start: words, stride: format.words(width), format: format.code, steps: nil)
    }

    /// The numbers of float32 rows.
    var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }

    /// The rows behind the first `count`.
    func dropping(rows count: Int) -> Rows { moved(words: count * stride, rows: count) }

    /// The same rows without the first `count` words of each.
    func dropping(words count: Int) -> Rows { moved(words: count, rows: 0) }

    private func moved(words: Int, rows: Int) -> Rows {
        Rows(start: start + 4 * words, stride: stride, format: format, steps: steps.map { $0 + rows })
    }
}
