import Glibc

/// What the pixels of an image count.
public enum FluxUnits: String, Sendable, CaseIterable {
    case nanomaggies, maggies
    case nanojansky = "nJy"
    case microjansky = "uJy"
    case millijansky = "mJy"
    case jansky = "Jy"
    /// asinh(nanomaggies / softening)
    case asinh

    /// What a file or a network says; nil for what is none of these.
    init?(_ text: String) {
        let plain = text.lowercased().filter { !$0.isWhitespace }
        if plain.hasPrefix("asinh(nanomaggies/") {
            self = .asinh
            return
        }
        let names: [String: FluxUnits] = [
            "nanomaggies": .nanomaggies, "nanomaggy": .nanomaggies, "nmgy": .nanomaggies, "nanomaggie": .nanomaggies,
            "maggies": .maggies, "maggy": .maggies, "mgy": .maggies, "njy": .nanojansky, "nanojansky": .nanojansky,
            "ujy": .microjansky, "µjy": .microjansky, "μjy": .microjansky, "microjansky": .microjansky,
            "jy": .jansky, "jansky": .jansky, "asinh": .asinh,
        ]
        if plain == "mjy" {
            // A megajansky is written with a large letter.
            guard text.contains("mJy") else { return nil }
            self = .millijansky
        } else if let units = names[plain] {
            self = units
        } else {
            return nil
        }
    }

    /// Nanomaggies of one of it; nil for what is not proportional to flux. A maggy is 3631 Jy (AB).
    var nanomaggies: Double? {
        switch self {
        case .nanomaggies: 1
        case .maggies: 1e9
        case .nanojansky: 1 / 3631
        case .microjansky: 1e3 / 3631
        case .millijansky: 1e6 / 3631
        case .jansky: 1e9 / 3631
        case .asinh: nil
        }
    }
}

/// Turns pixels from the units of a file into those of the network.
struct PixelConversion: Sendable {
    /// What a band's pixels are multiplied by before the asinh, or instead of it.
    private let factors: [Double]
    /// Whether pixels are an asinh to begin with, and in the end.
    private let (isCompressed, compresses): (Bool, Bool)

    /// - Parameters:
    ///   - units: Of the file.
    ///   - softening: Nanomaggies of each band that the file's asinh is taken of.
    ///   - target: The network's units.
    ///   - targetSoftening: The same of the network.
    ///   - bands: Bands of an image, in the network's order, as are the softenings.
    init(from units: FluxUnits, softening: [Double]?, to target: FluxUnits, targetSoftening: [Double]?, bands: Int) {
        let one = [Double](repeating: 1, count: bands)
        isCompressed = units == .asinh
        compresses = target == .asinh
        let before = units.nanomaggies.map { factor in one.map { $0 * factor } } ?? softening ?? one
        let after = target.nanomaggies.map { factor in one.map { $0 * factor } } ?? targetSoftening ?? one
        factors = zip(before, after).map { $0 / $1 }
    }

    /// Whether nothing changes.
    var isIdentity: Bool { isCompressed == compresses && factors.allSatisfy { $0 == 1 } }

    /// Converts images [galaxies, bands, pixels] where they are, in double precision.
    func convert(_ images: UnsafeMutableBufferPointer<Float>, pixels: Int) {
        for start in stride(from: 0, to: images.count, by: pixels) {
            let factor = factors[start / pixels % factors.count]
            for place in start..<start + pixels {
                let value = isCompressed ? sinh(Double(images[place])) : Double(images[place])
                images[place] = Float(compresses ? Self.asinh(value * factor) : value * factor)
            }
        }
    }

    /// asinh x = log(x + sqrt(x² + 1)), without the loss of digits near 0.
    private static func asinh(_ x: Double) -> Double {
        let size = abs(x)
        let result = log1p(size + size * size / (1 + (size * size + 1).squareRoot()))
        return x < 0 ? -result : result
    }
}
