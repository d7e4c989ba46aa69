import Foundation
import Interchange
import TestSupport
import Testing

/// Tensors that look at their storage in every way that PyTorch knows.
@Suite struct TensorViewTests {
    /// Reads a view of the numbers 0, 1, 2 and on, in blocks of rows as they are preferred and one by one.
    private func read(_ view: TorchView, of count: Int, rows: Int? = nil) throws -> [Float] {
        var archive = TorchArchive()
        var view = view
        view.storage = archive.store((0..<count).map(Float.init))
        view.count = count
        let path = try TemporaryFolder().file("views.pt")
        try archive.write(path, .list([.tensor(view)]))
        let file = try TorchFile(path)
        let place = try #require(try file.places().first)
        let tensor = try #require(try file.tensor("0", of: place))
        #expect(tensor.shape == view.shape)
        var numbers: [Float] = []
        let step = min(rows ?? tensor.preferredRows, max(tensor.rowCount, 1))
        for first in stride(from: 0, to: tensor.rowCount, by: step) {
            let rows = first..<min(first + step, tensor.rowCount)
            var part = [Float](repeating: .nan, count: rows.count * tensor.bytesPerRow / 4)
            try part.withUnsafeMutableBytes { try tensor.read(rows: rows, into: $0) }
            numbers += part
        }
        return numbers
    }

    /// What a view shows, element by element.
    private func plain(_ view: TorchView) -> [Float] {
        var places = [view.offset]
        for (size, stride) in zip(view.shape, view.strides) {
            places = places.flatMap { place in (0..<size).map { place + $0 * stride } }
        }
        return places.map(Float.init)
    }

    @Test("Random views are what they are element by element")
    func randomViews() throws {
        var numbers = SeededNumbers(seed: 28)
        for _ in 0..<200 {
            let rank = Int.random(in: 0...4, using: &numbers)
            let shape = (0..<rank).map { _ in Int.random(in: 1...5, using: &numbers) }
            let strides = (0..<rank).map { _ in [0, 1, 2, 5, 7, 40].randomElement(using: &numbers)! }
            let offset = Int.random(in: 0...9, using: &numbers)
            let view = TorchView("", of: 0, shape: shape, strides: strides, offset: offset)
            let last = zip(shape, strides).reduce(offset) { $0 + ($1.0 - 1) * $1.1 }
            let expected = plain(view)
            #expect(try read(view, of: last + 1) == expected, "\(shape) \(strides) \(offset)")
            #expect(try read(view, of: last + 1, rows: 1) == expected, "\(shape) \(strides) \(offset)")
            #expect(throws: (any Error).self) { try read(view, of: last) }
        }
    }

    @Test("Views larger than the part of a storage that is in memory")
    func largeViews() throws {
        // 24 MB of storage: channels last, every second of a row, and far apart.
        let count = 6 << 20
        for (shape, strides, offset) in [
            ([3, 5, 64, 64], [1, 3, 5 * 64 * 3 * 100, 5 * 3 * 100], 2), ([1000, 2], [6000, 2_900_000 / 1000], 7),
            ([2, 1 << 14], [3 << 20, 160], 1), ([1 << 14, 2], [300, 1], 3),
        ] {
            let view = TorchView("", of: 0, shape: shape, strides: strides, offset: offset)
            #expect(try read(view, of: count) == plain(view), "\(shape) \(strides)")
        }
    }

    @Test("The negative bit turns the sign, of each type; other properties are refused by name")
    func negativeBit() throws {
        func read<T: BitwiseCopyable & Equatable>(_ numbers: [T], _ kind: String, _ key: String = "neg") throws
            -> [UInt8]
        {
            var archive = TorchArchive()
            var view = TorchView(archive.store(numbers), shape: [numbers.count], kind: kind)
            view.metadata = [(key, .boolean(true))]
            let path = try TemporaryFolder().file("negative.pt")
            try archive.write(path, .dictionary([("a", .tensor(view))]))
            let file = try TorchFile(path)
            let place = try #require(try file.places().first)
            return try #require(try file.tensor("a", of: place)).readAll()
        }
        func bytes<T: BitwiseCopyable>(_ numbers: [T]) -> [UInt8] { numbers.withUnsafeBytes { [UInt8]($0) } }
        #expect(try read([Float(1.5), -2, 0], "FloatStorage") == bytes([Float(-1.5), 2, -0.0]))
        #expect(try read([1e300, -.infinity], "DoubleStorage") == bytes([-1e300, Double.infinity]))
        // bfloat16 and float16 of 1.5.
        #expect(try read([UInt16(0x3fc0)], "BFloat16Storage") == bytes([Float(-1.5)]))
        #expect(try read([UInt16(0x3e00)], "HalfStorage") == bytes([UInt16(0xbe00)]))
        #expect(try read([Int64(5), -7, .min], "LongStorage") == bytes([Int64(-5), 7, .min]))
        #expect(try read([Int8(5)], "CharStorage") == bytes([Int8(-5)]))
        #expect(try read([Float(1.5)], "FloatStorage", "conj") == bytes([Float(1.5)]))
        let error = #expect(throws: InterchangeError.self) { try read([Float(1.5)], "FloatStorage", "twisted") }
        #expect(error?.description.contains("twisted") == true)
    }
}
