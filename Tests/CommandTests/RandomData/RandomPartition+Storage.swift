import CHDF5
import Foundation

/// How the columns of a partition are stored.
extension RandomPartition {
    mutating func number(floatsOnly: Bool) -> RawHDF5.Number {
        let isFloat = floatsOnly || !chance(4)
        return RawHDF5.Number(
            bits: (isFloat ? [16, 32, 64] : [8, 16, 32, 64]).randomElement(using: &numbers)!, isFloat: isFloat,
            isSigned: .random(using: &numbers), isBigEndian: .random(using: &numbers))
    }

    private mutating func layout(_ shape: [Int], _ number: RawHDF5.Number) -> RawHDF5.Layout {
        let size = shape.reduce(1, *) * number.bits / 8
        guard size > 0 else { return .contiguous }
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: return .contiguous
        case 1 where size < 60_000: return .compact
        default: return chunks(shape, number)
        }
    }

    private mutating func chunks(_ shape: [Int], _ number: RawHDF5.Number) -> RawHDF5.Layout {
        let chunk = shape.map { Int.random(in: 1...$0, using: &numbers) }
        var filters: [RawHDF5.Filter] = []
        let isSmall = chunk.reduce(1, *) < 32
        switch Int.random(in: 0..<7, using: &numbers) {
        case 0: filters = [.gzip]
        case 1: filters = [.shuffle, .gzip]
        case 2: filters = [.checksum]
        case 3: filters = [.shuffle, .gzip, .checksum]
        // What these two pack, they pack whole; half precision they do not know.
        case 4 where RawHDF5.has(.szip) && !isSmall && number.bits >= 32: filters = [.szip]
        case 5 where !number.isFloat: filters = [.scaleOffset]
        case 6 where number.bits >= 32: filters = [.nBit]
        default: break
        }
        return .chunked(chunk, filters, isResizable: .random(using: &numbers))
    }

    /// Writes a data set where a way to it, or its storage, is picked by chance, and then breaks it.
    mutating func write(
        _ file: hid_t, _ name: String, _ shape: [Int], _ values: [Double], _ number: RawHDF5.Number, _ fault: Fault?
    ) {
        let layout = layout(shape, number)
        if let fault {
            faulty = name
            story.append("\(name): \(fault)")
            writeFaulty(file, name, shape, values, number, layout, fault)
        } else if count == 0 {
            RawHDF5.write(file, name, shape: shape, values, number, layout)
        } else {
            writeSomehow(file, name, shape, values, number, layout)
        }
    }

    /// Writes a data set, or what stands in its place, with a fault.
    private mutating func writeFaulty(
        _ file: hid_t, _ name: String, _ shape: [Int], _ values: [Double], _ number: RawHDF5.Number,
        _ layout: RawHDF5.Layout, _ fault: Fault
    ) {
        switch fault {
        case .neverWritten:
            RawHDF5.write(
                file, name, shape: shape, values, number, chance(2) ? .contiguous : chunks(shape, number), written: 0)
        case .lastChunksUnwritten:
            // A chunk of one row each, so that those of the last row have no bytes.
            let layout = RawHDF5.Layout.chunked([1] + shape.dropFirst(), [], isResizable: true)
            RawHDF5.write(file, name, shape: shape, values, number, layout, written: shape[0] - 1)
        case .danglingLink:
            RawHDF5.link(file, soft: "/nowhere/\(name)", as: name)
        case .sourceGone, .sourceShort, .gapInSources:
            writeVirtual(file, name, shape, values, number, fault)
        case .rawFileShort:
            let path = "\(folder)/\(self.name)-\(name).raw"
            RawHDF5.write(file, name, shape: shape, values, number, .raw(path))
            truncate(path, off_t(values.count * number.bits / 8 - 1))
        case .linkToPipe, .linkOutside:
            let other = fault == .linkOutside ? "\(outside)/\(self.name)-\(name).h5" : "\(self.name)-\(name).pipe"
            if fault == .linkToPipe {
                mkfifo("\(folder)/\(other)", 0o600)
            } else {
                RawHDF5.create(other) { RawHDF5.write($0, "x", shape: shape, values, number, layout) }
            }
            RawHDF5.link(file, external: "/x", of: other, as: name)
        case .rawFileIsPipe, .rawFileOutside:
            let path = "\(fault == .rawFileOutside ? outside : folder)/\(self.name)-\(name).raw"
            RawHDF5.write(file, name, shape: shape, values, number, .raw(path))
            guard fault == .rawFileIsPipe else { break }
            unlink(path)
            mkfifo(path, 0o600)
        }
    }

    /// Writes a data set that is whole; a way to it is picked by chance.
    private mutating func writeSomehow(
        _ file: hid_t, _ name: String, _ shape: [Int], _ values: [Double], _ number: RawHDF5.Number,
        _ layout: RawHDF5.Layout
    ) {
        var layout = layout
        switch Int.random(in: 0..<8, using: &numbers) {
        case 0: writeVirtual(file, name, shape, values, number, nil)
        case 1:
            RawHDF5.write(RawHDF5.group(file, "g_" + name), name, shape: shape, values, number, layout)
            RawHDF5.link(file, soft: "/g_\(name)/\(name)", as: name)
            story.append("\(name): soft link")
        case 2:
            RawHDF5.write(RawHDF5.group(file, "g_" + name), "x", shape: shape, values, number, layout)
            RawHDF5.link(file, hard: "/g_\(name)/x", as: name)
        case 3:
            let other = "\(self.name)-\(name).data"
            RawHDF5.create("\(folder)/\(other)") { RawHDF5.write($0, "x", shape: shape, values, number, layout) }
            RawHDF5.link(file, external: "/x", of: other, as: name)
            story.append("\(name): external link")
        case 4:
            layout = .raw("\(folder)/\(self.name)-\(name).raw")
            fallthrough
        default: RawHDF5.write(file, name, shape: shape, values, number, layout)
        }
        story.append("\(name): \(shape) \(number) \(layout)")
    }

    /// A data set that is made of those of up to three other files.
    private mutating func writeVirtual(
        _ file: hid_t, _ name: String, _ shape: [Int], _ values: [Double], _ number: RawHDF5.Number, _ fault: Fault?
    ) {
        let row = shape.dropFirst().reduce(1, *)
        var parts: [(file: String, rows: Range<Int>)] = []
        var first = 0
        while first < shape[0] {
            let end = parts.count == 2 ? shape[0] : Int.random(in: first + 1...shape[0], using: &numbers)
            parts.append(("\(self.name)-\(name)-\(parts.count).part", first..<end))
            first = end
        }
        let broken = Int.random(in: 0..<parts.count, using: &numbers)
        for (index, part) in parts.enumerated() {
            if index == broken, fault == .sourceGone { continue }
            var rows = part.rows
            if index == broken, fault == .sourceShort { rows = rows.lowerBound..<rows.upperBound - 1 }
            let sizes = [rows.count] + shape.dropFirst()
            let mine = Array(values[rows.lowerBound * row..<rows.upperBound * row])
            let layout: RawHDF5.Layout = rows.isEmpty ? .contiguous : layout(sizes, number)
            RawHDF5.create("\(folder)/\(part.file)") { RawHDF5.write($0, name, shape: sizes, mine, number, layout) }
        }
        if fault == .gapInSources { parts.remove(at: broken) }
        if parts.isEmpty { parts = [("nowhere.part", 0..<1)] }
        RawHDF5.write(file, name, shape: shape, values, number, .virtual(parts))
        story.append("\(name): \(shape) \(number) virtual \(parts)")
    }
}
