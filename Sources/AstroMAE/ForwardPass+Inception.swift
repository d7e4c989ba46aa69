import CKernels

/// The Inception branch, one galaxy at a time, channels last.
extension ForwardPass {
    /// The flattened branch, [size, size, channels] of the last module.
    func runInception(_ image: UnsafePointer<Float>, flat: UnsafeMutablePointer<Float>) {
        var (input, output) = (workspace.image.0, workspace.image.1)
        let half = shape.imageSize / 2
        // The 1x1 convolution commutes with the average pool behind it; a quarter of the pixels is left for it.
        poolBands(image, into: output)
        multiply(
            layout.stem, Rows(output, stride: shape.bands), into: Rows(input, stride: shape.stem), rows: half * half)
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
        _ module: NetworkLayout.Inception, bordered: UnsafeMutableRawPointer, _ input: UnsafeMutablePointer<Float>,
        into output: UnsafeMutablePointer<Float>
    ) {
        let (size, width, format) = (module.size, module.width, layout.precision.convolution)
        let result = Rows(output, stride: module.outputs)
        let pixels = convertPixels(input, of: module)
        multiply(module.branch1, pixels, into: result, rows: size * size, activation: CK_RELU)

        let channels = format.words(module.openings.outputs)
        let opened = Rows(start: bordered, stride: channels, format: format.code, scales: nil)
        for y in 0..<size {
            multiply(
                module.openings, pixels.from(y * size), into: opened.from((y + 2) * (size + 4) + 2), rows: size,
                activation: CK_RELU)
        }
        convolve(module.branch2, opened, size: size, into: result.fromWord(width))
        if let branch3 = module.branch3 {
            convolve(
                branch3, opened.fromWord(format.words(width)), size: size, into: result.fromWord(2 * width))
        }

        kernels.max_pool(input, workspace.image.2, size, module.inputs)
        multiply(
            module.branch4, convertPixels(workspace.image.2, of: module),
            into: result.fromWord(module.outputs - width), rows: size * size, activation: CK_RELU)
    }

    /// A module's input as its products take it.
    private func convertPixels(_ image: UnsafeMutablePointer<Float>, of module: NetworkLayout.Inception) -> Rows {
        let floats = Rows(image, stride: module.inputs)
        let format = layout.precision.convolution
        guard format != .float32 else { return floats }
        let pixels = Rows(
            start: workspace.pixels, stride: format.words(module.inputs), format: format.code, scales: nil)
        convert(floats, to: pixels, rows: module.size * module.size, width: module.inputs)
        return pixels
    }

    /// A convolution with padding over an image with a border of two pixels, one image row at a time.
    private func convolve(_ dense: NetworkLayout.Dense, _ bordered: Rows, size: Int, into output: Rows) {
        let unused = 2 - dense.window / 2
        for y in 0..<size {
            multiply(
                dense, bordered.from((y + unused) * (size + 4) + unused), into: output.from(y * size), rows: size,
                activation: CK_RELU, imageStride: (size + 4) * bordered.stride)
        }
    }
}
