/// A matrix [rows, columns] in float64, row by row: what weights are while they are prepared.
struct Matrix {
    let rows: Int
    let columns: Int
    var values: [Double]

    init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns)
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Each row multiplied by its factor.
    func scalingRows(by factors: [Double]) -> Matrix {
        var result = self
        for row in 0..<rows {
            for index in row * columns..<(row + 1) * columns { result.values[index] *= factors[row] }
        }
        return result
    }

    /// Row `i` of the result is row `order[i]` of this matrix.
    func takingRows(_ order: [Int]) -> Matrix {
        var taken: [Double] = []
        taken.reserveCapacity(order.count * columns)
        for row in order { taken += values[row * columns..<(row + 1) * columns] }
        return Matrix(rows: order.count, columns: columns, values: taken)
    }

    /// Column `i` of the result is column `order[i]` of this matrix.
    func takingColumns(_ order: [Int]) -> Matrix {
        var taken: [Double] = []
        taken.reserveCapacity(rows * order.count)
        for row in 0..<rows {
            for column in order { taken.append(values[row * columns + column]) }
        }
        return Matrix(rows: rows, columns: order.count, values: taken)
    }
}
