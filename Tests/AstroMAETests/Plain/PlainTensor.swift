/// An array of numbers with a shape, last index fastest, as in PyTorch.
struct PlainTensor: Equatable {
    var shape: [Int]
    var values: [Double]

    init(shape: [Int], values: [Double]) {
        precondition(shape.reduce(1, *) == values.count, "\(values.count) values do not fill the shape \(shape)")
        self.shape = shape
        self.values = values
    }

    init(zeros shape: [Int]) {
        self.init(shape: shape, values: Array(repeating: 0, count: shape.reduce(1, *)))
    }

    subscript(row: Int, column: Int) -> Double {
        get { values[row * shape[1] + column] }
        set { values[row * shape[1] + column] = newValue }
    }

    subscript(channel: Int, row: Int, column: Int) -> Double {
        get { values[(channel * shape[1] + row) * shape[2] + column] }
        set { values[(channel * shape[1] + row) * shape[2] + column] = newValue }
    }

    subscript(first: Int, second: Int, row: Int, column: Int) -> Double {
        values[((first * shape[1] + second) * shape[2] + row) * shape[3] + column]
    }

    func map(_ function: (Double) -> Double) -> PlainTensor {
        PlainTensor(shape: shape, values: values.map(function))
    }

    func reshaped(_ shape: [Int]) -> PlainTensor {
        PlainTensor(shape: shape, values: values)
    }

    /// Rows of a matrix.
    func rows(_ range: Range<Int>) -> PlainTensor {
        let places = (range.lowerBound * shape[1])..<(range.upperBound * shape[1])
        return PlainTensor(shape: [range.count, shape[1]], values: Array(values[places]))
    }

    /// Columns of a matrix.
    func columns(_ range: Range<Int>) -> PlainTensor {
        var result = PlainTensor(zeros: [shape[0], range.count])
        for row in 0..<shape[0] {
            for column in range {
                result[row, column - range.lowerBound] = self[row, column]
            }
        }
        return result
    }

    /// Tensors of equal shapes but for the first axis, one after the other.
    static func concatenated(_ tensors: [PlainTensor]) -> PlainTensor {
        let first = tensors.map { $0.shape[0] }.reduce(0, +)
        return PlainTensor(shape: [first] + tensors[0].shape.dropFirst(), values: tensors.flatMap(\.values))
    }

    static func + (left: PlainTensor, right: PlainTensor) -> PlainTensor {
        precondition(left.shape == right.shape, "a sum of \(left.shape) and \(right.shape)")
        return PlainTensor(shape: left.shape, values: zip(left.values, right.values).map(+))
    }
}
