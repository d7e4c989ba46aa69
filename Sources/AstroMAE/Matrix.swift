import CKernels

/// A matrix [rows, columns] in float64, row by row: what weights are while they are prepared.
struct Matrix {
    let rows: Int
    let columns: Int
    private(set) var values: [Double]

    init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns)
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Multiplies each row by its factor; rows past the factors stay.
    mutating func scaleRows(by factors: [Double]) {
        values.withUnsafeMutableBufferPointer { values in
            for (row, factor) in factors.enumerated() {
                for index in row * columns..<(row + 1) * columns { values[index] *= factor }
            }
        }
    }

    /// Multiplies each column by its factor.
    mutating func scaleColumns(by factors: [Double]) {
        precondition(factors.count == columns)
        values.withUnsafeMutableBufferPointer { values in
            for start in stride(from: 0, to: rows * columns, by: columns) {
                for column in 0..<columns { values[start + column] *= factors[column] }
            }
        }
    }

    /// The matrix times a vector of `columns` numbers.
    func times(_ vector: [Double]) -> [Double] {
        precondition(vector.count == columns)
        return (0..<rows).map { row in
            values.withUnsafeBufferPointer { values in
                (0..<columns).reduce(0) { $0 + values[row * columns + $1] * vector[$1] }
            }
        }
    }

    /// The matrix times another, [rows, other.columns].
    func times(_ other: Matrix) -> Matrix {
        precondition(columns == other.rows)
        let kernels = InstructionSet.widest.kernels.pointee
        // Doubles take two of the buffer's words each.
        let scratch = AlignedBuffer(words: 2 * columns * kernels.lanes)
        let product = [Double](unsafeUninitializedCapacity: rows * other.columns) { room, filled in
            kernels.product(
                values, other.values, room.baseAddress, rows, other.columns, columns,
                scratch.start.assumingMemoryBound(to: Double.self))
            filled = rows * other.columns
        }
        return Matrix(rows: rows, columns: other.columns, values: product)
    }

    /// Columns `range` of every row.
    func columns(_ range: Range<Int>) -> Matrix {
        Matrix(
            rows: rows, columns: range.count,
            values: (0..<rows).flatMap { values[$0 * columns + range.lowerBound..<$0 * columns + range.upperBound] })
    }
}
