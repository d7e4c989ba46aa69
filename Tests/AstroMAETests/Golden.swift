import AstroMAE
import HDF5
import TestSupport

/// What the published network makes of 64 mock galaxies, in float64; see Tests/Fixtures/README.md.
struct Golden {
    let images: [Float]
    let magnitudes: [Float]
    var count: Int { magnitudes.count / 5 }

    init() throws {
        let partition = try File.open(Repository.fixture("partition.h5"))
        images = try partition.dataset("images").readAll()
        magnitudes = try partition.dataset("magnitudes").readAll()
    }

    static func expected(_ name: String) throws -> [Double] {
        try File.open(Repository.fixture("expected.h5")).dataset(name).readAll()
    }

    /// Redshifts of the golden galaxies in batches of `batch`.
    func predict(_ engine: Engine, batch: Int) -> [Float] {
        var redshifts = [Float](repeating: .nan, count: count)
        for first in stride(from: 0, to: count, by: batch) {
            let end = min(first + batch, count)
            images.withUnsafeBufferPointer { images in
                magnitudes.withUnsafeBufferPointer { magnitudes in
                    redshifts.withUnsafeMutableBufferPointer { redshifts in
                        engine.predict(
                            images: UnsafeBufferPointer(rebasing: images[first * 5120..<end * 5120]),
                            magnitudes: UnsafeBufferPointer(rebasing: magnitudes[first * 5..<end * 5]),
                            redshifts: UnsafeMutableBufferPointer(rebasing: redshifts[first..<end]))
                    }
                }
            }
        }
        return redshifts
    }
}
