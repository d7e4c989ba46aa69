import CKernels

/// Rows of activations: what kernels read and write. Whoever made the memory keeps it.
typealias Rows = ck_rows_t

extension Rows {
    /// Float32 rows that stand `stride` floats apart.
    init(_ floats: UnsafeMutablePointer<Float>, stride: Int) {
        self.init(start: floats, stride: stride, format: CK_FLOAT32, scales: nil)
    }

    /// The numbers of float32 rows.
    var floats: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }

    /// The rows from `row` on.
    func from(_ row: Int) -> Rows { moved(words: row * stride, rows: row) }

    /// The same rows from a later column on: that of word `words`.
    func fromWord(_ words: Int) -> Rows { moved(words: words, rows: 0) }

    private func moved(words: Int, rows: Int) -> Rows {
        Rows(start: start + 4 * words, stride: stride, format: format, scales: scales.map { $0 + rows })
    }
}
