import CKernels

/// Rows of activations: what kernels read and write. Whoever made the memory keeps it.
typealias Rows = ck_rows_t

extension Rows {
    /// Float32 rows that stand `stride` floats apart.
    init(_ floats: UnsafeMutablePointer<Float>, stride: Int) {
        self.init(start: floats, stride: stride, format: CK_FLOAT32, scales: nil)
    }

    /// Rows of a format without scales, whose `width` numbers stand as densely as words allow.
    init(_ words: UnsafeMutableRawPointer, width: Int, _ format: NumberFormat) {
        precondition(format != .int8)
        self.init(start: words, stride: format.words(width), format: format.code, scales: nil)
    }

    /// The numbers of float32 rows.
    var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }

    /// The rows behind the first `count`.
    func dropping(rows count: Int) -> Rows { moved(words: count * stride, rows: count) }

    /// The same rows without the first `count` words of each.
    func dropping(words count: Int) -> Rows { moved(words: count, rows: 0) }

    private func moved(words: Int, rows: Int) -> Rows {
        Rows(start: start + 4 * words, stride: stride, format: format, scales: scales.map { $0 + rows })
    }
}
