import HDF5
import TestSupport

/// The galaxies of the mock survey that comes with the project.
struct Galaxies {
    private let images: [Float]
    private let magnitudes: [Double]
    private let redshifts: [Double]

    init() throws {
        let file = try File.open(Repository.galaxies)
        images = try file.dataset("images").readAll()
        magnitudes = try file.dataset("magnitudes").readAll()
        redshifts = try file.dataset("redshift").readAll()
    }

    func pixel(_ galaxy: Int, _ band: Int, _ pixel: Int) -> Double {
        Double(images[(galaxy % redshifts.count * 5 + band) * 1024 + pixel])
    }
    func magnitude(_ galaxy: Int, _ band: Int) -> Double { magnitudes[galaxy % redshifts.count * 5 + band] }
    func redshift(_ galaxy: Int) -> Double { redshifts[galaxy % redshifts.count] }
}
