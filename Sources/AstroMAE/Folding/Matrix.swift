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

    /// The columns from `first` on, as many as the vector has numbers, times the vector: [rows].
    func columns(from first: Int = 0, times vector: [Double]) -> [Double] {
        columns(from: first, times: Matrix(rows: vector.count, columns: 1, values: vector)).values
    }

    /// The columns from `first` on, as many as the other matrix has rows, times that matrix: [rows, other.columns].
    func columns(from first: Int = 0, times other: Matrix) -> Matrix {
        precondition(first + other.rows <= columns)
        let kernels = InstructionSet.widest.kernels.pointee
        // Doubles take two of the buffer's words each.
        let scratch = AlignedBuffer(words: 2 * other.rows * kernels.lanes)
        let product = [Double](unsafeUninitializedCapacity: rows * other.columns) { room, filled in
            values.withUnsafeBufferPointer { values in
                kernels.product(
                    values.baseAddress! + first, columns, other.values, room.baseAddress, rows, other.columns,
                    other.rows, scratch.start.assumingMemoryBound(to: Double.self))
            }
            filled = rows * other.columns
        }
        return Matrix(rows: rows, columns: other.columns, values: product)
    }
}
