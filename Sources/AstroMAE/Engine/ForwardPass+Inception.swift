import CKernels

/// A step of one galaxy through the Inception branch, channels last. Modules are named by their place in the table.
enum InceptionStep {
    /// The opening 1x1 convolution, behind the average pooling with which it commutes: a quarter of the pixels is left.
    case stem
    /// The average pooling in front of a module.
    case averagePooling(module: Int)
    /// A module; the last one makes the flattened branch, [size, size, channels].
    case module(Int)

    /// All steps of a galaxy, in their order.
    static func all(of layout: NetworkLayout) -> [InceptionStep] {
        [.stem]
            + layout.inception.enumerated().flatMap { place, module in
                (module.sizes.isPooled ? [.averagePooling(module: place)] : []) + [InceptionStep.module(place)]
            }
    }
}

extension ForwardPass {
    /// Performs a step on one galaxy of a tile.
    func perform(_ step: InceptionStep, on galaxies: Galaxies, _ galaxy: Int) {
        switch step {
        case .stem:
            let size = shape.pooledSize
            poolBands(galaxies.images + galaxy * shape.imageCount, into: workspace.nextImage.floats)
            multiply(
                layout.stem, Rows(workspace.nextImage.floats, stride: shape.bands),
                into: Rows(workspace.image.floats, stride: shape.stem), rows: size * size)
        case .averagePooling(let module):
            let sizes = layout.inception[module].sizes
            kernels.average_pool(
                workspace.image.floats, workspace.nextImage.floats, 2 * sizes.size, sizes.inputs)
            workspace.turnImages()
        case .module(let place):
            let module = layout.inception[place]
            let isLast = place == layout.inception.count - 1
            let image = Rows(workspace.nextImage.floats, stride: module.sizes.outputs)
            let target = isLast ? flattened(galaxy, of: galaxies) : image
            run(module, bordered: workspace.bordered[place], into: target)
            if !isLast { workspace.turnImages() }
        }
    }

    /// Where a galaxy's flattened branch stands, as rows of pixels.
    func flattened(_ galaxy: Int, of galaxies: Galaxies) -> Rows {
        Rows(
            workspace.flat.computed.dropping(rows: galaxies.place + galaxy).floats,
            stride: layout.inception[layout.inception.count - 1].sizes.outputs)
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

    /// A module on the latest image; each branch makes its part of the channels.
    private func run(_ module: NetworkLayout.Inception, bordered: UnsafeMutableRawPointer, into output: Rows) {
        let (sizes, format) = (module.sizes, layout.convolution)
        let pixels = store(workspace.image.pixels(channels: sizes.inputs), rows: sizes.pixels)
        var opened = Rows(bordered, width: module.openings.outputs, format)
        open(module, pixels, into: opened)
        for (place, branch) in sizes.module.branches.enumerated() {
            let (dense, channels) = (module.branches[place], output.dropping(words: place * sizes.width))
            switch branch.source {
            case .input: multiply(dense, pixels, into: channels, rows: sizes.pixels, activation: CK_RELU)
            case .opening:
                convolve(dense, opened, size: sizes.size, into: channels)
                opened = opened.dropping(words: format.words(sizes.width))
            case .maxPooling:
                kernels.max_pool(workspace.image.floats, workspace.pooledImage.floats, sizes.size, sizes.inputs)
                let pooled = store(workspace.pooledImage.pixels(channels: sizes.inputs), rows: sizes.pixels)
                multiply(dense, pooled, into: channels, rows: sizes.pixels, activation: CK_RELU)
            }
        }
    }

    /// The 1x1 convolutions that open branches, with a border of two pixels around the image.
    private func open(_ module: NetworkLayout.Inception, _ pixels: Rows, into opened: Rows) {
        let size = module.sizes.size
        for y in 0..<size {
            multiply(
                module.openings, pixels.dropping(rows: y * size), into: opened.dropping(rows: (y + 2) * (size + 4) + 2),
                rows: size, activation: CK_RELU)
        }
    }

    /// A convolution with padding over an image with a border of two pixels, one image row at a time.
    private func convolve(_ dense: NetworkLayout.Dense, _ bordered: Rows, size: Int, into output: Rows) {
        let unused = 2 - dense.window / 2
        for y in 0..<size {
            multiply(
                dense, bordered.dropping(rows: (y + unused) * (size + 4) + unused),
                into: output.dropping(rows: y * size), rows: size, activation: CK_RELU,
                imageStride: (size + 4) * bordered.stride)
        }
    }
}
