import CKernels

/// The Inception branch, one galaxy at a time, channels last.
extension ForwardPass {
    /// The flattened branch, [size, size, channels] of the last module.
    func runInception(_ image: UnsafePointer<Float>, flat: UnsafeMutablePointer<Float>) {
        var (input, output) = (workspace.image.0, workspace.image.1)
        let half = shape.imageSize / 2
        // The 1x1 convolution commutes with the average pool behind it; a quarter of the pixels is left for it.
        poolBands(image, into: output)
        multiply(layout.stem, output, stride: shape.bands, into: input, stride: shape.stem, rows: half * half)
        observePixels("1", input, size: half, channels: shape.stem)

        var size = half
        for (module, index) in NetworkShape.inceptionIndices.enumerated() {
            let inception = layout.inception[module]
            if inception.size < size {
                kernels.average_pool(input, output, size, inception.inputs)
                (input, output, size) = (output, input, inception.size)
                observePixels("\(index - 1)", input, size: size, channels: inception.inputs)
            }
            let target = module == layout.inception.count - 1 ? flat : output
            runModule(inception, bordered: workspace.bordered[module], input, into: target)
            observePixels("\(index)", target, size: size, channels: inception.outputs)
            (input, output) = (output, input)
        }
    }

    /// Average 2x2 pooling of [bands, size, size] to [size / 2, size / 2, bands].
    private func poolBands(_ image: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>) {
        let (size, bands) = (shape.imageSize, shape.bands)
        for band in 0..<bands {
            var to = output + band
            for y in stride(from: 0, to: size, by: 2) {
                let upper = image + (band * size + y) * size
                let lower = upper + size
                for x in stride(from: 0, to: size, by: 2) {
                    to.pointee = ((upper[x] + upper[x + 1]) + (lower[x] + lower[x + 1])) * 0.25
                    to += bands
                }
            }
        }
    }

    private func runModule(
        _ module: NetworkLayout.Inception, bordered: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        let (size, width, outputs) = (module.size, module.width, module.outputs)
        let pixels = size * size
        multiply(
            module.branch1, input, stride: module.inputs, into: output, stride: outputs, rows: pixels,
            activation: CK_RELU)

        let channels = module.openings.outputs
        let row = (size + 4) * channels
        for y in 0..<size {
            multiply(
                module.openings, input + y * size * module.inputs, stride: module.inputs,
                into: bordered + (y + 2) * row + 2 * channels, stride: channels, rows: size, activation: CK_RELU)
        }
        convolve(module.branch2, bordered, channels: channels, size: size, into: output + width, stride: outputs)
        if let branch3 = module.branch3 {
            convolve(
                branch3, bordered + width, channels: channels, size: size, into: output + 2 * width, stride: outputs)
        }

        let pooled = workspace.image.2
        kernels.max_pool(input, pooled, size, module.inputs)
        multiply(
            module.branch4, pooled, stride: module.inputs, into: output + outputs - width, stride: outputs,
            rows: pixels, activation: CK_RELU)
    }

    /// A convolution with padding over an image with a border of two pixels, one image row at a time.
    private func convolve(
        _ dense: NetworkLayout.Dense, _ bordered: UnsafePointer<Float>, channels: Int, size: Int,
        into output: UnsafeMutablePointer<Float>, stride outputs: Int
    ) {
        let row = (size + 4) * channels
        let unused = 2 - dense.window / 2
        for y in 0..<size {
            multiply(
                dense, bordered + (y + unused) * row + unused * channels, stride: channels,
                into: output + y * size * outputs, stride: outputs, rows: size, activation: CK_RELU, imageStride: row)
        }
    }
}
