// The convolutional branch on the image.
extension PlainNetwork {
    /// [1, features]
    func inceptionBranch(_ image: PlainTensor, _ stages: inout Stages) -> PlainTensor {
        func name(_ index: Int) -> String { "inception_model.vis_inception.\(index)" }

        var x = record(convolution(image, name(0)), name(0), &stages)
        x = record(plainAveragePool(x), name(1), &stages)
        x = record(inception(x, name(2)), name(2), &stages)
        x = record(inception(x, name(3)), name(3), &stages)
        x = record(plainAveragePool(x), name(4), &stages)
        x = record(inception(x, name(5)), name(5), &stages)
        x = record(inception(x, name(6)), name(6), &stages)
        x = record(plainAveragePool(x), name(7), &stages)
        x = record(inception(x, name(8), isLast: true), name(8), &stages)
        x = record(x.reshaped([1, x.values.count]), name(9), &stages)
        x = record(linear(x, name(10)), name(10), &stages)
        x = record(plainReLU(x), name(11), &stages)
        return record(linear(x, name(12)), name(12), &stages)
    }

    /// Four branches on the same image, their channels one after the other; the last such module has no third branch,
    /// though its weights exist.
    private func inception(_ x: PlainTensor, _ name: String, isLast: Bool = false) -> PlainTensor {
        let branch1 = unit(x, "\(name).branch1")
        let branch2 = unit(unit(x, "\(name).branch2.0"), "\(name).branch2.1", padding: 1)
        let branch3 = isLast ? nil : unit(unit(x, "\(name).branch3.0"), "\(name).branch3.1", padding: 2)
        let branch4 = unit(plainMaxPool(x), "\(name).branch4.1")
        return PlainTensor.concatenated([branch1, branch2, branch3, branch4].compactMap(\.self))
    }

    /// Convolution, batch normalisation, ReLU.
    private func unit(_ x: PlainTensor, _ name: String, padding: Int = 0) -> PlainTensor {
        plainReLU(batchNorm(convolution(x, "\(name).conv", padding: padding), "\(name).bn"))
    }
}
