/// Where the preparation of a network gets its tensors from: a weights file, or a test.
protocol TensorSource {
    /// All values of the tensor of that name, in row-major order.
    func values(_ name: String) throws -> [Double]
}
