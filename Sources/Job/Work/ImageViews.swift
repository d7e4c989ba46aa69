/// The eight mirror and rotation views of an image: on the sky all of them are as likely, so the scatter of their
/// redshifts tells of the network's doubts about the image, and their mean is better than any of them.
enum ImageViews {
    /// Writes another view of each image.
    ///
    /// - Parameters:
    ///   - view: 1 mirrors left and right, 2 above and below, 4 along the diagonal; sums do several of these.
    ///   - images: [galaxies, bands, size, size]
    ///   - target: As many.
    static func write(
        _ view: Int, of images: UnsafeBufferPointer<Float>, size: Int, into target: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(images.count == target.count && size > 0 && images.count % (size * size) == 0)
        guard let from = images.baseAddress, let to = target.baseAddress else { return }
        // A view is a walk over the image: where it begins, and how far a step right and a step down lead.
        let isTransposed = view & 4 != 0
        var (right, down, start) = isTransposed ? (size, 1, 0) : (1, size, 0)
        if view & 1 != 0 { (start, right) = (start + right * (size - 1), -right) }
        if view & 2 != 0 { (start, down) = (start + down * (size - 1), -down) }
        for plane in stride(from: 0, to: images.count, by: size * size) {
            for y in 0..<size {
                for x in 0..<size { to[plane + y * size + x] = from[plane + start + y * down + x * right] }
            }
        }
    }
}

/// Mean and scatter of the redshifts of several views, galaxy by galaxy.
struct ViewStatistics {
    private let first: [Float]
    private var sums: [Double]
    private var squares: [Double]
    private var views = 1

    /// - Parameter first: The redshifts of the images as they are. Differences from these are what is added up: they
    ///   are small, so that nothing is lost.
    init(_ first: [Float]) {
        self.first = first
        sums = .init(repeating: 0, count: first.count)
        squares = sums
    }

    /// Adds the redshifts of another view.
    mutating func add(_ redshifts: [Float]) {
        for (index, redshift) in redshifts.enumerated() {
            let difference = Double(redshift) - Double(first[index])
            sums[index] += difference
            squares[index] += difference * difference
        }
        views += 1
    }

    var means: [Float] { first.indices.map { Float(Double(first[$0]) + sums[$0] / Double(views)) } }

    /// Standard deviations of the views, with the number of views less one as divisor.
    var scatters: [Float] {
        first.indices.map {
            let sum = squares[$0] - sums[$0] * sums[$0] / Double(views)
            // Rounding may leave less than nothing; what is no number stays none.
            return Float(((sum < 0 ? 0 : sum) / Double(views - 1)).squareRoot())
        }
    }
}
